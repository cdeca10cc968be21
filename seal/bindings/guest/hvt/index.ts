// The machine ABI (libos/abi.ts) in a virtual machine of the native tender, for the `hvt` target (docs/hvt.md).

import * as linux from "./linux";
import { end, entropyBytes, entropyLength, refillEntropy, waitUntil } from "./hypercalls";
import { clock_monotonic, clock_wall } from "./clock";
import { console_write } from "./console";
import {
  accept,
  draining,
  listenOn,
  openConnections,
  sock_close,
  sock_receive,
  sock_send,
  sock_shutdown,
  takeEvents,
} from "./connections";

const INVALID = -3;
const DENIED = -4;

/** Words of the boot block. */
export const IDLE_NS = 1;
const ENVIRONMENT_LENGTH = 3;
const LISTENER_COUNT = 4;
const FIRST_LISTENER = 16;
const ENVIRONMENT = 32;

/** Since when no connection is open; 0 while one is. */
let idleSince: i64 = 0;
let entropyUsed: i32 = 0;

export function entropy(ptr: usize, len: i32): void {
  if (<u32>len > <u32>entropyLength) unreachable();
  for (let i = 0; i < len; i++) {
    if (entropyUsed == entropyLength) {
      refillEntropy();
      entropyUsed = 0;
    }
    const at = entropyBytes + <i64>entropyUsed;
    store<u8>(ptr + i, <u8>linux.peek8(at));
    // Whoever reads the page later does not learn what was drawn.
    linux.poke8(at, 0);
    entropyUsed++;
  }
}

export function environ(ptr: usize, len: i32): i32 {
  const length = <i32>linux.boot(ENVIRONMENT_LENGTH);
  const count = <i32>min<u32>(<u32>length, <u32>len);
  for (let at = 0; at < count; at++) {
    const word = linux.boot(ENVIRONMENT + (at >> 3));
    store<u8>(ptr + at, <u8>(word >> ((at & 7) << 3)));
  }
  return length;
}

export function exit(status: i32): void {
  end(status);
}

function take(ptr: usize, capacity: i32): i32 {
  const count = takeEvents(ptr, capacity);
  if (openConnections > 0) idleSince = 0;
  return count;
}

function yield_until(deadline: i64, ptr: usize, capacity: i32): i32 {
  const waiting = take(ptr, capacity);
  if (waiting > 0) return waiting;
  let until = deadline;
  const idleNs = linux.boot(IDLE_NS);
  let idleDeadline: i64 = i64.MAX_VALUE;
  if (openConnections == 0) {
    if (draining) end(0);
    if (idleNs > 0) {
      if (idleSince == 0) idleSince = clock_monotonic();
      idleDeadline = idleSince + idleNs;
      if (until < 0 || idleDeadline < until) until = idleDeadline;
    }
  }
  waitUntil(until);
  let count = take(ptr, capacity);
  if (count == 0 && idleDeadline != i64.MAX_VALUE && clock_monotonic() >= idleDeadline) {
    // A connection may have come since; what is not accepted stays in the socket's queue and boots the next instance.
    waitUntil(0);
    count = take(ptr, capacity);
    if (count == 0) end(0);
  }
  return count;
}

function isListener(handle: i32): bool {
  return <u32>handle < <u32>linux.boot(LISTENER_COUNT);
}

export function sock_listen(port: i32): i32 {
  const count = <i32>linux.boot(LISTENER_COUNT);
  for (let i = 0; i < count; i++) {
    const entry = linux.boot(FIRST_LISTENER + i);
    if (<i32>(<u64>entry >> 32) != port) continue;
    listenOn(i);
    return i;
  }
  return DENIED;
}

export function sock_accept(handle: i32): i32 {
  return isListener(handle) ? accept(handle) : INVALID;
}

export {
  clock_monotonic,
  clock_wall,
  console_write,
  sock_close,
  sock_receive,
  sock_send,
  sock_shutdown,
  yield_until as yield,
};
