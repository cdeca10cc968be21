/** Delays between attempts, as the kubelet's: 10 s doubling to 5 min (kubelet.go `backOffPeriod`, `MaxContainerBackOff`). */

const firstBackOffMs = 10_000;
const longestBackOffMs = 300_000;
/** A container that ran this long starts with a clean slate (twice the longest back-off, as flowcontrol.Backoff). */
export const backOffResetMs = 600_000;

/** The delay after `previousMs`; 0 stands for "none yet". */
export function nextBackOffMs(previousMs: number): number {
  return previousMs === 0 ? firstBackOffMs : Math.min(previousMs * 2, longestBackOffMs);
}
