/** Which jumps of a piece of code can take the two-byte form, given that making one short brings others closer. */
import type { Label } from './assembler.ts';
import type { Condition } from './encodings.ts';

export interface Jump {
  /** Position of the instruction while all jumps are long. */
  readonly at: number;
  readonly label: Label;
  readonly condition: Condition | undefined;
  /** Size of the long form. */
  readonly sizeBytes: number;
}

const shortBytes = 2;

/** Bytes saved before a position; jumps are in ascending order. */
function savings(jumps: readonly Jump[], isShort: readonly boolean[]): (position: number) => number {
  const before: number[] = [];
  let total = 0;
  for (const [index, jump] of jumps.entries()) {
    before.push(total);
    if (isShort[index] === true) total += jump.sizeBytes - shortBytes;
  }
  return (position) => {
    let low = 0;
    let high = jumps.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((jumps[middle]?.at ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return before[low] ?? total;
  };
}

/** `positionOf` is undefined for labels elsewhere. Starts with all long and only ever shortens, so it ends. */
export function chooseShortJumps(
  jumps: readonly Jump[],
  positionOf: (label: Label) => number | undefined,
): readonly boolean[] {
  const isShort: boolean[] = jumps.map(() => false);
  for (let changed = true; changed; ) {
    changed = false;
    const saved = savings(jumps, isShort);
    for (const [index, jump] of jumps.entries()) {
      if (isShort[index] === true) continue;
      const target = positionOf(jump.label);
      if (target === undefined) continue;
      const end = jump.at + jump.sizeBytes;
      const distance = target - saved(target) - (end - saved(end));
      // A backward target gets closer by what the jump itself loses, which only helps.
      if (distance < -128 || distance > 127) continue;
      isShort[index] = true;
      changed = true;
    }
  }
  return isShort;
}

/** Close the holes that short jumps leave. Returns where a position has gone. */
export function compact(
  jumps: readonly Jump[],
  isShort: readonly boolean[],
  start: number,
  end: number,
  move: (from: number, to: number, sizeBytes: number) => void,
): (position: number) => number {
  const saved = savings(jumps, isShort);
  const moved = (position: number) => position - saved(position);
  let from = start;
  for (const [index, jump] of jumps.entries()) {
    if (isShort[index] !== true) continue;
    const next = jump.at + jump.sizeBytes;
    // Up to and with the two bytes the short form keeps.
    move(from, moved(from), jump.at - from);
    from = next;
  }
  move(from, moved(from), end - from);
  return moved;
}
