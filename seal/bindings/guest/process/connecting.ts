// The machine ABI (libos/abi.ts) for the `process` target, of images that make connections.

import * as linux from "./linux";
import {
  closeOutgoing,
  find,
  lastUse,
  openOutgoing,
  receiveFramed,
  REQUEST,
  sendOutgoing,
  shutDownOutgoing,
  sock_connect,
  takeReplies,
  tellFailures,
  untoldCount,
} from "./outgoing";
import {
  clock_monotonic,
  draining,
  eventBytes,
  eventCapacity,
  events,
  exit,
  IDLE_NS,
  openConnections,
  putRecord,
  sock_close as closeAccepted,
  sock_receive as receiveAccepted,
  sock_send as sendAccepted,
  sock_shutdown as shutDownAccepted,
  startIdle,
  timeoutUntil,
  wait,
  waitIdle,
} from "./sockets";

/** An outgoing connection keeps an instance awake that has no other until it has been quiet this long. */
const quietNs: i64 = 30_000_000_000;
/** When the instance is to end: this long. */
const quietDrainingNs: i64 = 2_000_000_000;

/** When the instance may end, if nothing happens before; -1: it may not. */
function endOfIdle(): i64 {
  if (openConnections > 0) return -1;
  const idleNs = linux.boot(IDLE_NS);
  if (!draining && idleNs == 0) return -1;
  const start = startIdle();
  const end = draining ? start : start + idleNs;
  return openOutgoing == 0 ? end : max(end, lastUse + (draining ? quietDrainingNs : quietNs));
}

function waitFor(deadline: i64, capacity: i32): i32 {
  const end = endOfIdle();
  if (end < 0) return wait(capacity, timeoutUntil(deadline));
  if (draining && clock_monotonic() >= end) exit(0);
  return waitIdle(deadline, end, capacity);
}

function yield_until(deadline: i64, ptr: usize, capacity: i32): i32 {
  capacity = min(capacity, eventCapacity);
  const eventCount = waitFor(untoldCount > 0 ? 0 : deadline, capacity);
  let count = 0;
  let hasReplies = false;
  for (let i = 0; i < eventCount; i++) {
    if ((load<u64>(events + <usize>i * eventBytes, 4) & REQUEST) != 0) {
      hasReplies = true;
      continue;
    }
    putRecord(i, ptr + (<usize>count << 3));
    count++;
  }
  if (hasReplies) takeReplies();
  return untoldCount > 0 ? count + tellFailures(ptr + (<usize>count << 3), capacity - count) : count;
}

function outgoing(handle: i32): usize {
  return openOutgoing == 0 ? 0 : find(handle);
}

export function sock_receive(handle: i32, ptr: usize, len: i32): i32 {
  const entry = outgoing(handle);
  return entry == 0 ? receiveAccepted(handle, ptr, len) : receiveFramed(entry, ptr, len);
}

export function sock_send(handle: i32, ptr: usize, len: i32): i32 {
  const entry = outgoing(handle);
  return entry == 0 ? sendAccepted(handle, ptr, len) : sendOutgoing(entry, ptr, len);
}

export function sock_shutdown(handle: i32): i32 {
  const entry = outgoing(handle);
  return entry == 0 ? shutDownAccepted(handle) : shutDownOutgoing(entry);
}

export function sock_close(handle: i32): i32 {
  const entry = outgoing(handle);
  return entry == 0 ? closeAccepted(handle) : closeOutgoing(entry);
}

export {
  clock_monotonic,
  clock_wall,
  console_write,
  entropy,
  environ,
  exit,
  sock_accept,
  sock_listen,
} from "./sockets";
export { sock_connect, yield_until as yield };
