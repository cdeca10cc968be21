import { CLOCK_MONOTONIC, CLOCK_REALTIME, clockGettime, native } from './linux';
import { clockBuffer } from './layout';

function readClock(clock: i32): u64 {
  clockGettime(clock, native(clockBuffer));
  return load<u64>(clockBuffer) * 1_000_000_000 + load<u64>(clockBuffer, 8);
}

/** Nanoseconds. */
export function monotonic(): u64 {
  return readClock(CLOCK_MONOTONIC);
}

/** Nanoseconds since 1970. */
export function wallClock(): u64 {
  return readClock(CLOCK_REALTIME);
}
