// The machine ABI (libos/abi.ts) in a virtual machine of the native tender, of images that make connections (docs/hvt.md).

import * as linux from "./linux";
import { clock_monotonic } from "./clock";
import { draining, openConnections, takeEvents } from "./connections";
import { end, waitUntil } from "./hypercalls";
import { IDLE_NS } from "./index";
import { correctRecords, lastUse, openOutgoing, sock_close, sock_connect, sock_receive, sock_send } from "./outgoing";

/** An outgoing connection keeps an instance awake that has no other until it has been quiet this long. */
const quietNs: i64 = 30_000_000_000;
/** When the instance is to end: this long. */
const quietDrainingNs: i64 = 2_000_000_000;

/** Since when nobody is connected to this instance; 0: somebody is. */
let idleSince: i64 = 0;

function take(ptr: usize, capacity: i32): i32 {
  const count = takeEvents(ptr, capacity);
  correctRecords(ptr, count);
  if (openConnections > openOutgoing) idleSince = 0;
  return count;
}

/** When the instance may end, if nothing happens before; -1: it may not. */
function endOfIdle(): i64 {
  if (openConnections > openOutgoing) return -1;
  const idleNs = linux.boot(IDLE_NS);
  if (!draining && idleNs == 0) return -1;
  if (idleSince == 0) idleSince = clock_monotonic();
  const idleEnd = draining ? idleSince : idleSince + idleNs;
  return openOutgoing == 0 ? idleEnd : max(idleEnd, lastUse + (draining ? quietDrainingNs : quietNs));
}

function yield_until(deadline: i64, ptr: usize, capacity: i32): i32 {
  const waiting = take(ptr, capacity);
  if (waiting > 0) return waiting;
  const idleEnd = endOfIdle();
  if (idleEnd >= 0 && draining && clock_monotonic() >= idleEnd) end(0);
  waitUntil(idleEnd >= 0 && (deadline < 0 || idleEnd < deadline) ? idleEnd : deadline);
  let count = take(ptr, capacity);
  if (count == 0 && idleEnd >= 0 && clock_monotonic() >= idleEnd) {
    // A connection may have come since; what is not accepted stays in the socket's queue and boots the next instance.
    waitUntil(0);
    count = take(ptr, capacity);
    if (count == 0) end(0);
  }
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
  sock_listen,
  sock_shutdown,
} from "./index";
export { sock_close, sock_connect, sock_receive, sock_send, yield_until as yield };
