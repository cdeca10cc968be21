/** Work of one owner waits for that owner's earlier work, so that none takes what all share. */

export type TakeTurn = <T>(owner: string, work: () => Promise<T>) => Promise<T>;

export const createTurns = (): TakeTurn => {
  const last = new Map<string, Promise<unknown>>();
  return async (owner, work) => {
    const before = last.get(owner);
    const mine = before === undefined ? work() : before.then(work, work);
    last.set(owner, mine);
    try {
      return await mine;
    } finally {
      if (last.get(owner) === mine) last.delete(owner);
    }
  };
};
