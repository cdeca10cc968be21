// Memory devices may read and write. Given out once and never back: each device takes what it needs when it starts.

import { boot, FIRST_FREE, SHARED_BASE, SHARED_BYTES, SHARED_PHYSICAL } from './machine';
import { refuse } from './console';

let next: i64 = FIRST_FREE;

/** Linear address of whole pages that lie in a row for the device too. */
export function takePages(bytes: i64): i64 {
  const at = next;
  next += (bytes + 4095) & ~4095;
  if (next > SHARED_BYTES) refuse('machine: the memory for devices is used up\n');
  return SHARED_BASE + at;
}

/** Where a device finds a linear address of shared memory. */
export function physical(linear: i64): i64 {
  return boot(SHARED_PHYSICAL) + (linear - SHARED_BASE);
}
