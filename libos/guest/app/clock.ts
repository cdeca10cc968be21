/** Clocks, in nanoseconds. `Date.now()` and `performance.now()` work too. */

import { clock_monotonic, clock_wall } from "./os";

/** Nanoseconds since an arbitrary start; never goes back. */
export function monotonic(): i64 {
  return clock_monotonic();
}

/** Nanoseconds since 1970-01-01T00:00:00Z. */
export function wall(): i64 {
  return clock_wall();
}
