export interface Random {
  readonly seed: number;
  /** In [0, 1). */
  next(): number;
  /** In 0 .. below - 1. */
  below(below: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T | undefined;
}

/** Repeatable randomness (mulberry32). The seed comes from $SEED, else from `fallback`: print it when a test fails. */
export function seededRandom(fallback: number): Random {
  const seed = Number(process.env.SEED ?? fallback);
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    seed,
    next,
    below: (below) => Math.floor(next() * below),
    chance: (probability) => next() < probability,
    pick: (items) => items[Math.floor(next() * items.length)],
  };
}
