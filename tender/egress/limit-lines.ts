/** Lines that others bring about are few: a burst, then one from time to time that says how many were left out. */

const burst = 5;
const periodMs = 10_000;

export const limitLines = (
  write: (line: string) => void,
  now: () => number = () => performance.now(),
): ((line: string) => void) => {
  let left = burst;
  let countedAt = now();
  let leftOut = 0;
  return (line) => {
    const periods = Math.floor((now() - countedAt) / periodMs);
    left = Math.min(burst, left + periods);
    countedAt += periods * periodMs;
    if (left === 0) {
      leftOut += 1;
      return;
    }
    left -= 1;
    write(leftOut === 0 ? line : `${line} (and ${leftOut} more since the last such line)`);
    leftOut = 0;
  };
};
