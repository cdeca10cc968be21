// Which object stands behind which machine handle. Handles are small numbers (file descriptors on the process target).

import { allocate, release, roundUp } from "./heap";

/** First word of everything that has a handle. */
@unmanaged
export class Endpoint {
  kind: i32;
  handle: i32;
}

export const HTTP_LISTENER = 1;
export const HTTP_CONNECTION = 2;
export const STREAM = 3;
export const FRAMES = 4;
export const HTTP_CLIENT = 5;

const largestHandle: u32 = 65535;
let table: usize = 0;
let capacity: u32 = 0;
/** How many handles are open: an image without any and without a timer has ended. */
export let openCount: i32 = 0;

export function endpointOf(handle: u32): usize {
  return handle < capacity ? <usize>load<u32>(table + (handle << 2)) : 0;
}

/** False when memory or handles are exhausted; the caller closes the handle then. */
export function register(handle: u32, endpoint: usize): bool {
  if (handle > largestHandle) return false;
  if (handle >= capacity) {
    const size = roundUp((handle + 1) << 2);
    const larger = allocate(size);
    if (larger == 0) return false;
    memory.fill(larger, 0, size);
    if (table != 0) {
      memory.copy(larger, table, capacity << 2);
      release(table, capacity << 2);
    }
    table = larger;
    capacity = size >> 2;
  }
  store<u32>(table + (handle << 2), endpoint);
  openCount++;
  return true;
}

export function unregister(handle: u32): void {
  store<u32>(table + (handle << 2), 0);
  openCount--;
}
