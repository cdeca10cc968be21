/** Parallel moves: all sources are read before any destination is written, whatever the order they end up in. */

import { type Location, type Move, registerLocation, sameLocation } from './locations.ts';
import { floatScratch } from './registers.ts';

/** Sequence of single moves with the effect of the parallel one. Cycles go through the float scratch register. */
export function sequentialize(moves: readonly Move[]): readonly Move[] {
  const pending = moves.filter((move) => !sameLocation(move.to, move.from));
  if (pending.length < 2) return pending;
  const sequence: Move[] = [];
  let open = pending;
  while (open.length > 0) {
    const ready = open.filter((move) => !open.some((other) => other !== move && sameLocation(other.from, move.to)));
    if (ready.length > 0) {
      sequence.push(...ready);
      open = open.filter((move) => !ready.includes(move));
      continue;
    }
    // Only cycles are left: put one source aside and let its readers take it from there.
    const [first] = open;
    if (first === undefined) break;
    const aside: Location = registerLocation(floatScratch);
    sequence.push({ to: aside, from: first.from, type: first.type });
    const rest = open.map((move) => (sameLocation(move.from, first.from) ? { ...move, from: aside } : move));
    // The scratch register holds one value at a time: finish this cycle before the next is opened.
    open = finishCycle(rest, sequence);
  }
  return sequence;
}

function finishCycle(moves: readonly Move[], sequence: Move[]): Move[] {
  let open = [...moves];
  for (;;) {
    const ready = open.filter((move) => !open.some((other) => other !== move && sameLocation(other.from, move.to)));
    if (ready.length === 0) return open;
    sequence.push(...ready);
    open = open.filter((move) => !ready.includes(move));
  }
}
