// The machine ABI (libos/abi.ts) for the `process` target; of images that make no connections, which are not to carry what
// those need. The others have connecting.ts.

import * as linux from "./linux";
import {
  draining,
  eventCapacity,
  exit,
  IDLE_NS,
  openConnections,
  putRecord,
  startIdle,
  timeoutUntil,
  wait,
  waitIdle,
} from "./sockets";

function waitFor(deadline: i64, capacity: i32): i32 {
  if (openConnections == 0) {
    if (draining) exit(0);
    const idleNs = linux.boot(IDLE_NS);
    if (idleNs > 0) return waitIdle(deadline, startIdle() + idleNs, capacity);
  }
  return wait(capacity, timeoutUntil(deadline));
}

function yield_until(deadline: i64, ptr: usize, capacity: i32): i32 {
  const count = waitFor(deadline, min(capacity, eventCapacity));
  for (let i = 0; i < count; i++) putRecord(i, ptr + ((<usize>i) << 3));
  return count;
}

export {
  clock_monotonic,
  clock_wall,
  console_write,
  entropy,
  environ,
  exit,
  sock_accept,
  sock_close,
  sock_listen,
  sock_receive,
  sock_send,
  sock_shutdown,
} from "./sockets";
export { yield_until as yield };
