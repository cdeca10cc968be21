// Time as the event loop sees it: read once after each wait, so that the hot path asks the machine only once.

import * as machine from "./machine";

/** Monotonic nanoseconds at the last wake-up. */
export let now: i64 = 0;
let wallOffset: i64 = 0;
let offsetReadAt: i64 = i64.MIN_VALUE;

export function readClock(): void {
  now = machine.clock_monotonic();
}

/** Seconds since 1970 at the last wake-up. The offset is read anew every second, so a stepped wall clock shows soon. */
export function wallSeconds(): i64 {
  if (now - offsetReadAt >= 1_000_000_000 || offsetReadAt == i64.MIN_VALUE) {
    wallOffset = machine.clock_wall() - now;
    offsetReadAt = now;
  }
  return (now + wallOffset) / 1_000_000_000;
}

export function clock_wall(): i64 {
  return machine.clock_wall();
}

export function clock_monotonic(): i64 {
  return machine.clock_monotonic();
}
