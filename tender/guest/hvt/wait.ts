/** The hypercall `wait`: sleeps until the guest has an event or its deadline has come. */
import { monotonic } from '../clock';
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP, epollPwait, native } from '../linux';
import { closingCount, connectionAt, ConnectionState, dequeue, enqueue, firstHandle, Flag, queueLength } from './connections';
import { eventsWaiting } from './events';
import { controlDeadline, monitorEventCapacity, monitorEvents } from './layout';
import { hasPendingListener, machineEpoll, onListenerEvent, serveListeners } from './listeners';
import { onReplies, requestsHandle, takeReplies } from './outgoing';
import { rest, restAfterMs, wake } from './rest';
import { closeAll, serveConnection } from './transfer';

const longestSleepMs: u64 = 0x7fff_ffff;
/** How long what an ended guest has sent may take to leave. */
const farewellNs: u64 = 10_000_000_000;

function onConnectionEvent(handle: u32, mask: u32): void {
  // The kernel gives back only what the monitor has registered.
  const connection = connectionAt(handle - firstHandle);
  if (connection.state == ConnectionState.free) return;
  if ((mask & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) connection.flags |= Flag.readable;
  if ((mask & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) connection.flags |= Flag.ending;
  if ((mask & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) connection.flags |= Flag.writable;
  enqueue(connection);
}

/** One look at the sockets; true when there was something. */
function gather(timeoutMs: i64): bool {
  const count = <i32>epollPwait(machineEpoll, native(monitorEvents), monitorEventCapacity, timeoutMs, 0, 8);
  for (let i = 0; i < count; i++) {
    const event = monitorEvents + <usize>i * 12;
    const handle = load<u32>(event, 4);
    if (handle == requestsHandle) onReplies();
    else if (handle < firstHandle) onListenerEvent(handle, load<u32>(event));
    else onConnectionEvent(handle, load<u32>(event));
  }
  return count > 0;
}

/** A long sleep is one without a machine. */
function sleep(timeoutMs: i64): void {
  if (timeoutMs >= 0 && timeoutMs <= restAfterMs) {
    gather(timeoutMs);
  } else if (!gather(restAfterMs)) {
    rest();
    gather(timeoutMs < 0 ? -1 : timeoutMs - restAfterMs);
    // Before anything is accepted: the machine's descriptors have to get their numbers back.
    wake();
  }
}

/** Turns what the sockets have into events, each connection once. */
function serveReady(): void {
  takeReplies();
  serveListeners();
  for (let count = queueLength(); count > 0; count--) {
    const connection = dequeue();
    if (connection && !serveConnection(connection)) enqueue(connection);
  }
}

/** Milliseconds, never too short; -1: for ever. */
function timeoutUntil(deadline: i64): i64 {
  if (deadline <= 0) return deadline < 0 ? -1 : 0;
  const now = <i64>monotonic();
  return deadline <= now ? 0 : <i64>min((<u64>(deadline - now) + 999_999) / 1_000_000, longestSleepMs);
}

export function waitForEvents(): void {
  const deadline = load<i64>(controlDeadline);
  serveReady();
  while (true) {
    const timeout = eventsWaiting() > 0 || queueLength() > 0 || hasPendingListener() ? 0 : timeoutUntil(deadline);
    sleep(timeout);
    serveReady();
    if (eventsWaiting() > 0) return;
    if (deadline >= 0 && timeoutUntil(deadline) == 0) return;
  }
}

/** The guest has ended; what it has sent and closed still goes out. */
export function deliverRest(): void {
  const deadline = <i64>(monotonic() + farewellNs);
  closeAll();
  while (closingCount > 0 && timeoutUntil(deadline) > 0) {
    gather(timeoutUntil(deadline));
    serveReady();
  }
}
