// The HTTP/1.1 server's outside: listeners, connections accepted up to a limit, timeouts. What happens on a connection is
// in work.ts.

import * as machine from "../machine";
import { now } from "../clock";
import { callApplication } from "../bridge";
import { endpointOf, HTTP_CONNECTION, HTTP_LISTENER, register } from "../endpoints";
import { allocate, release } from "../heap";
import { clientLinked, drainClient } from "./client-pool";
import {
  allocateConnection, BODY_TIMEOUT, Connection, disarm, HEAD_TIMEOUT, IDLE_TIMEOUT, LINGER_TIMEOUT, Listener, READING_BODY,
  releaseConnection, releaseInput, SEND_TIMEOUT, timeoutCount, timeoutList, TimeoutList, WAITING,
} from "./connection";
import { failBody, incomingLinked, linkIncoming } from "./incoming";
import { deferringLinked, flush, refuse } from "./response";
import { close, hasQueued, work, workQueued } from "./work";

export let httpLinked: bool = false;

let firstListener: usize = 0;
let listenerCount: i32 = 0;

const acceptBatch: i32 = 64;
const lingerNs: i64 = 2_000_000_000;
const sendTimeoutNs: i64 = 60_000_000_000;
/** Longer than a client that is at work pauses, far shorter than the grace an instance usually has. */
const drainIdleNs: i64 = 2_000_000_000;
const retryNs: i64 = 100_000_000;

/** From the application. Returns the listener's index, with which `handler` is called for every request, or an error. */
export function http_listen(port: i32, handler: i32, bodyLimit: i32, connectionLimit: i32, headTimeoutMs: i32, bodyTimeoutMs: i32, idleTimeoutMs: i32): i32 {
  httpLinked = true;
  const size: u32 = <u32>offsetof<Listener>() + timeoutCount * <u32>offsetof<TimeoutList>();
  const block = allocate(size);
  if (block == 0) return machine.LIMIT;
  memory.fill(block, 0, size);
  const handle = machine.sock_listen(port);
  if (handle < 0 || !register(handle, block)) {
    release(block, size);
    return handle < 0 ? handle : machine.LIMIT;
  }
  const listener = changetype<Listener>(block);
  listener.kind = HTTP_LISTENER;
  listener.handle = handle;
  listener.handler = handler;
  listener.index = listenerCount++;
  listener.bodyLimit = bodyLimit;
  listener.connectionLimit = connectionLimit;
  listener.retryAt = i64.MAX_VALUE;
  listener.retry = true;
  timeoutList(listener, HEAD_TIMEOUT).durationNs = <i64>headTimeoutMs * 1_000_000;
  timeoutList(listener, BODY_TIMEOUT).durationNs = <i64>bodyTimeoutMs * 1_000_000;
  timeoutList(listener, IDLE_TIMEOUT).durationNs = <i64>idleTimeoutMs * 1_000_000;
  timeoutList(listener, SEND_TIMEOUT).durationNs = sendTimeoutNs;
  timeoutList(listener, LINGER_TIMEOUT).durationNs = lingerNs;
  listener.next = firstListener;
  firstListener = block;
  return listener.index;
}

/**
 * From the application: requests are handled as soon as their heads are complete. Bodies may come to `limit` bytes, and are read
 * by `http_receive`; `callback(connection, isGone)` says when that is worth another try.
 */
export function http_stream_bodies(limit: i64, callback: i32): void {
  linkIncoming();
  const listener = changetype<Listener>(firstListener);
  listener.bodyLimit = limit;
  listener.bodyCallback = callback;
}

/**
 * The machine wants the instance to end. A request may be on its way on any kept-alive connection, and its client would
 * see it fail if the connection closed now: each answers one more request, which says `Connection: close`
 * (RFC 9112 §9.6), or closes after a short quiet time.
 */
function drain(listener: Listener): void {
  if (listener.draining) return;
  listener.draining = true;
  if (clientLinked) drainClient();
  const idle = timeoutList(listener, IDLE_TIMEOUT);
  idle.durationNs = min(idle.durationNs, drainIdleNs);
  // No later than before, so the list stays in order.
  for (let at = idle.first; at != 0; at = changetype<Connection>(at).next) {
    const connection = changetype<Connection>(at);
    connection.deadline = min(connection.deadline, now + idle.durationNs);
  }
}

/**
 * Which connection makes room for one that waits: the one that has been idle longest; if none is, one that has made no
 * progress with its head, body or response for a tenth of the time it may take. Without that, a few thousand that send or
 * take nothing would shut out everybody else for all of that time, again and again. 0: nobody yet.
 */
function leastWanted(listener: Listener): usize {
  const idle = timeoutList(listener, IDLE_TIMEOUT).first;
  if (idle != 0) return idle;
  for (let timeout = 0; timeout < timeoutCount; timeout++) {
    const list = timeoutList(listener, timeout);
    if (list.first == 0 || timeout == LINGER_TIMEOUT) continue;
    const mayGoAt = changetype<Connection>(list.first).deadline - list.durationNs + list.durationNs / 10;
    if (mayGoAt <= now) return list.first;
    listener.retryAt = min(listener.retryAt, mayGoAt);
  }
  return 0;
}

/** Tells a client that was too slow with its request so, as far as that can be told at once. */
function evict(connection: Connection): void {
  const isTold = connection.timeout == BODY_TIMEOUT || (connection.timeout == HEAD_TIMEOUT && connection.input != 0);
  // In the midst of an answer there is no room for another.
  if (isTold && (!incomingLinked || connection.phase <= READING_BODY)) {
    refuse(connection, 408);
    flush(connection);
  }
  close(connection);
}

function accept(listener: Listener): void {
  listener.retry = false;
  listener.held = false;
  listener.retryAt = i64.MAX_VALUE;
  for (let i = 0; i < acceptBatch; i++) {
    let leaving: usize = 0;
    if (listener.open >= listener.connectionLimit) {
      leaving = leastWanted(listener);
      if (leaving == 0) {
        listener.held = true;
        return;
      }
    }
    const handle = machine.sock_accept(listener.handle);
    if (handle == machine.AGAIN) return;
    if (handle == machine.LIMIT && leaving == 0) leaving = leastWanted(listener);
    if (leaving != 0) evict(changetype<Connection>(leaving));
    if (handle < 0) {
      if (handle == machine.LIMIT && leaving != 0) continue;
      listener.held = true;
      if (listener.open == 0) listener.retryAt = now + retryNs;
      return;
    }
    const block = allocateConnection();
    if (block == 0 || !register(handle, block)) {
      if (block != 0) releaseConnection(changetype<Connection>(block));
      machine.sock_close(handle);
      continue;
    }
    const connection = changetype<Connection>(block);
    connection.kind = HTTP_CONNECTION;
    connection.handle = handle;
    connection.listener = listener;
    connection.timeout = -1;
    connection.readable = true;
    connection.hungry = true;
    listener.open++;
    work(connection);
  }
  listener.retry = true;
}

export function httpReady(endpoint: usize, ready: i32): void {
  const connection = changetype<Connection>(endpoint);
  const handle = connection.handle;
  if (connection.kind == HTTP_LISTENER) {
    const listener = changetype<Listener>(endpoint);
    if ((ready & machine.HANGUP) != 0) drain(listener);
    accept(listener);
    return;
  }
  if ((ready & machine.HANGUP) != 0) {
    connection.hungUp = true;
    if (deferringLinked && connection.phase == WAITING && connection.pull != 0) {
      const gone = connection.pull;
      connection.pull = 0;
      callApplication(gone, connection.handle, 1);
      // It may have answered, and found that nobody listens.
      if (endpointOf(handle) != endpoint) return;
    }
  }
  if ((ready & (machine.READABLE | machine.HANGUP)) != 0) connection.readable = true;
  work(connection);
}

/** The connection waited too long (408: RFC 9110 §15.5.9). */
function expire(connection: Connection): void {
  const timeout = connection.timeout;
  if (incomingLinked && timeout == BODY_TIMEOUT && connection.phase > READING_BODY) {
    // Whoever waits for more of the body decides what becomes of the request.
    failBody(connection, -408);
    disarm(connection);
    work(connection);
    return;
  }
  if (timeout == BODY_TIMEOUT || (timeout == HEAD_TIMEOUT && connection.input != 0)) {
    refuse(connection, 408);
    flush(connection);
    releaseInput(connection);
    connection.progressed = true;
    work(connection);
  } else {
    close(connection);
  }
}

export function httpHasWork(): bool {
  if (hasQueued()) return true;
  for (let at = firstListener; at != 0; at = changetype<Listener>(at).next) {
    if (changetype<Listener>(at).retry) return true;
  }
  return false;
}

export function httpDeadline(): i64 {
  let deadline = i64.MAX_VALUE;
  for (let at = firstListener; at != 0; at = changetype<Listener>(at).next) {
    const listener = changetype<Listener>(at);
    deadline = min(deadline, listener.retryAt);
    for (let i = 0; i < timeoutCount; i++) {
      const first = timeoutList(listener, i).first;
      if (first != 0) deadline = min(deadline, changetype<Connection>(first).deadline);
    }
  }
  return deadline;
}

/** After each wake-up: connections that had more to do, listeners that have room again, timeouts. */
export function httpTick(): void {
  workQueued();
  for (let at = firstListener; at != 0; at = changetype<Listener>(at).next) {
    const listener = changetype<Listener>(at);
    if (listener.retry || listener.retryAt <= now) accept(listener);
    for (let i = 0; i < timeoutCount; i++) {
      while (true) {
        const first = timeoutList(listener, i).first;
        if (first == 0 || changetype<Connection>(first).deadline > now) break;
        expire(changetype<Connection>(first));
      }
    }
  }
}
