/** A small seeded generator (mulberry32): a failing test prints its seed. */
export const seededRandom = (seed: number): ((below: number) => number) => {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
};

/** DIATOM_SEED repeats a failed run. */
export const testSeed = (): number => Number(process.env.DIATOM_SEED ?? 20_261_121);
