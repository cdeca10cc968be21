// Clocks without leaving the machine: the monitor's reading at the last hypercall plus the counter's ticks since.

import * as linux from "./linux";
import { clockMonotonic, clockMultiplier, clockWall, counterEpoch, flush, lastExit } from "./hypercalls";

/** Ticks up to here times the multiplier fit into 64 bits; before that the clock is read anew. */
const longestTicks: i64 = 0x4000_0000;
/** A reading this much later says whether the counter's rate is right. */
const checkNs: i64 = 1_000_000_000;
const toleranceNs: i64 = 50_000_000;

let latest: i64 = 0;
let isDistrusted: bool = false;
let checkedTicks: i64 = 0;
let checkedNs: i64 = 0;
let checkedEpoch: i32 = 0;
/** How often in a row the counter was ahead; negative: behind. */
let strikes: i32 = 0;
const mostStrikes: i32 = 3;

/**
 * Compares about a second of ticks with the clock: a counter that is off the same way three times is never used again.
 * Once proves nothing: a monitor that had to wait for the processor between its reading and the guest's shows as both.
 */
function checkRate(multiplier: i64): void {
  const ns = linux.peek64(clockMonotonic);
  const passed = ns - checkedNs;
  if (passed < checkNs) return;
  const epoch = linux.peek32(counterEpoch);
  if (checkedNs > 0 && passed < 2 * checkNs && epoch == checkedEpoch) {
    const counted = ((lastExit - checkedTicks) * multiplier) >> 32;
    if (counted > passed + toleranceNs) strikes = max(strikes, 0) + 1;
    else if (counted < passed - toleranceNs) strikes = min(strikes, 0) - 1;
    else strikes = 0;
    if (strikes >= mostStrikes || strikes <= -mostStrikes) isDistrusted = true;
  }
  checkedEpoch = epoch;
  checkedNs = ns;
  checkedTicks = lastExit;
}

/** Nanoseconds since the monitor's last reading. */
function sinceReading(): i64 {
  const multiplier = linux.peek64(clockMultiplier);
  if (lastExit != 0 && multiplier != 0 && !isDistrusted) {
    checkRate(multiplier);
    const ticks = linux.timestamp() - lastExit;
    if (ticks >= 0 && ticks < longestTicks) return (ticks * multiplier) >> 32;
  }
  flush();
  return 0;
}

export function clock_monotonic(): i64 {
  const since = sinceReading();
  const now = linux.peek64(clockMonotonic) + since;
  if (now > latest) latest = now;
  return latest;
}

export function clock_wall(): i64 {
  const since = sinceReading();
  return linux.peek64(clockWall) + since;
}

/** Whether the last hypercall is longer ago than this; always so without a counter. */
export function isLongSince(ns: i64): bool {
  const multiplier = linux.peek64(clockMultiplier);
  if (multiplier == 0 || isDistrusted) return true;
  const ticks = linux.timestamp() - lastExit;
  return ticks < 0 || ticks >= longestTicks || (ticks * multiplier) >> 32 >= ns;
}
