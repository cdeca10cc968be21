/** Which of a route's targets gets the next connection. Pure. */
import type { Target } from './routes.ts';

export interface Load {
  /** Connections open or being opened through this gateway. */
  readonly open: number;
  readonly isAwake: boolean;
}

/**
 * Up to this many connections go to instances that are awake (or being woken) before another is woken: sleeping
 * instances cost nothing, and one that runs answers at once.
 */
export const connectionsBeforeWaking = 64;

/** The awake target with the fewest connections; a sleeping one when all awake ones are busy. `turn` breaks ties. */
export function chooseTarget(
  targets: readonly Target[],
  loadOf: (target: Target) => Load,
  turn: number,
): Target | undefined {
  const loads = targets.map((target) => ({ target, ...loadOf(target) }));
  const lively = loads.filter(({ open, isAwake }) => (isAwake || open > 0) && open < connectionsBeforeWaking);
  const candidates = lively.length > 0 ? lively : loads;
  const fewest = Math.min(...candidates.map(({ open }) => open));
  const best = candidates.filter(({ open }) => open === fewest);
  return best[turn % Math.max(1, best.length)]?.target;
}

/** The same client meets the same target for as long as it is there (rendezvous hashing: no state to keep or lose). */
export function chooseForClient(targets: readonly Target[], client: string): Target | undefined {
  let best: Target | undefined;
  let bestWeight = -1;
  for (const target of targets) {
    const weight = hash(`${client} ${target.address}:${target.port}`);
    if (weight > bestWeight) {
      best = target;
      bestWeight = weight;
    }
  }
  return best;
}

/** FNV-1a with a final mix (murmur3 fmix32), so that similar addresses spread. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
