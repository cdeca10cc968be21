/**
 * When a thread should give back what a burst of work made its heap grow by. V8 collects when a thread allocates; one
 * that has become idle keeps its garbage for ever. Pure.
 */

export const lookEveryMs = 3_000;
/** A thread that worked less than this since it last rested has not grown by much. */
const workWorthRestMs = 300;
/** Of the time since the last look: a thread that is busier than this does not wait for a collection. */
const idleShare = 0.02;

/** The work a thread has done since it last rested, and whether it should rest now. */
export function look(
  workedMs: number,
  activeMs: number,
): { readonly workedMs: number; readonly isTimeToRest: boolean } {
  const sum = workedMs + activeMs;
  const isTimeToRest = sum >= workWorthRestMs && activeMs < lookEveryMs * idleShare;
  return { workedMs: isTimeToRest ? 0 : sum, isTimeToRest };
}

/** Collects this thread's garbage, if the process was started so that it can (`--expose-gc`). */
export function rest(): void {
  globalThis.gc?.();
}
