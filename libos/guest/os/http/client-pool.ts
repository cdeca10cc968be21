// Connections to other hosts: opened, kept for another request to the same address, given up. A connection is a `Connection` as the
// server has them; its `listener` is the one owner of all, which has their timeouts.

import * as machine from "../machine";
import { endpointOf, Endpoint, HTTP_CLIENT, register, unregister } from "../endpoints";
import { allocate, release } from "../heap";
import {
  allocateConnection, arm, BODY_TIMEOUT, CLOSED, Connection, disarm, HEAD_TIMEOUT, IDLE_TIMEOUT, LINGER_TIMEOUT, Listener, releaseConnection,
  releaseInput, releasePending, timeoutCount, TimeoutList, timeoutList,
} from "./connection";
import { BODY_NONE, linkIncoming } from "./incoming";

/** Phases of a connection besides CLOSED: waiting for the head of a response, its body is being read, nobody uses it. */
export const AWAITING_HEAD = 0;
export const READING_RESPONSE = 1;
export const IDLE = 2;

export const CONNECT_TIMEOUT = LINGER_TIMEOUT;
const connectNs: i64 = 10_000_000_000;
const headNs: i64 = 300_000_000_000;
const bodyNs: i64 = 300_000_000_000;
/** Shorter than any server's that is usual (Node: 5 s), so that it seldom closes a connection that we are about to use. */
const idleNs: i64 = 4_000_000_000;
const idleLimit: i32 = 32;
const idleOfOneLimit: i32 = 8;

/** Set by the only function that sends a request: without it, the client is not in the image. */
export let clientLinked: bool = false;

export let owner: Listener = changetype<Listener>(0);
let idleCount: i32 = 0;
let isDraining: bool = false;
/** Why there is no connection. */
export let openFailure: i32 = 0;

export function prepare(): bool {
  if (clientLinked) return true;
  const size: u32 = <u32>offsetof<Listener>() + timeoutCount * <u32>offsetof<TimeoutList>();
  const block = allocate(size);
  if (block == 0) return false;
  memory.fill(block, 0, size);
  owner = changetype<Listener>(block);
  timeoutList(owner, HEAD_TIMEOUT).durationNs = headNs;
  timeoutList(owner, BODY_TIMEOUT).durationNs = bodyNs;
  timeoutList(owner, IDLE_TIMEOUT).durationNs = idleNs;
  timeoutList(owner, CONNECT_TIMEOUT).durationNs = connectNs;
  linkIncoming();
  clientLinked = true;
  return true;
}

/** Null when the handle is gone. */
export function find(handle: i32): Connection | null {
  const endpoint = endpointOf(handle);
  if (endpoint == 0 || changetype<Endpoint>(endpoint).kind != HTTP_CLIENT) return null;
  return changetype<Connection>(endpoint);
}

export function close(connection: Connection): void {
  if (connection.phase == IDLE) idleCount--;
  connection.phase = CLOSED;
  connection.bodyWanted = false;
  disarm(connection);
  releaseInput(connection);
  releasePending(connection);
  unregister(connection.handle);
  machine.sock_close(connection.handle);
  release(connection.address, connection.addressLength);
  if (!connection.queued) releaseConnection(connection);
}

function isTo(connection: Connection, address: usize, length: i32): bool {
  return connection.addressLength == length && memory.compare(connection.address, address, length) == 0;
}

const oneByte = memory.data(1);

/**
 * The connection to this address that has been used last, of those on which nothing has come since: what a server says before it is
 * asked must not pass for the answer, and one that has closed its side takes no request.
 */
export function takeIdle(address: usize, length: i32): Connection | null {
  let at = timeoutList(owner, IDLE_TIMEOUT).last;
  while (at != 0) {
    const connection = changetype<Connection>(at);
    at = connection.previous;
    if (!isTo(connection, address, length)) continue;
    if (machine.sock_receive(connection.handle, oneByte, 1) != machine.AGAIN) {
      close(connection);
      continue;
    }
    connection.readable = false;
    idleCount--;
    connection.wasUsed = true;
    return connection;
  }
  return null;
}

/** The machine wants the instance to end: connections that nobody uses do not keep it. */
export function drainClient(): void {
  isDraining = true;
  while (idleCount > 0) close(changetype<Connection>(timeoutList(owner, IDLE_TIMEOUT).first));
}

function connectTo(address: usize, length: i32): i32 {
  const handle = machine.sock_connect(address, length);
  if (handle != machine.LIMIT || idleCount == 0) return handle;
  close(changetype<Connection>(timeoutList(owner, IDLE_TIMEOUT).first));
  return machine.sock_connect(address, length);
}

/** Null: `openFailure` says why. */
export function open(address: usize, length: i32): Connection | null {
  const handle = connectTo(address, length);
  openFailure = handle;
  if (handle < 0) return null;
  const block = allocateConnection();
  if (block == 0 || !register(handle, block)) {
    if (block != 0) releaseConnection(changetype<Connection>(block));
    machine.sock_close(handle);
    openFailure = machine.LIMIT;
    return null;
  }
  const connection = changetype<Connection>(block);
  connection.kind = HTTP_CLIENT;
  connection.handle = handle;
  connection.listener = owner;
  connection.timeout = -1;
  connection.address = address;
  connection.addressLength = length;
  return connection;
}

/** The response is complete: the connection waits for another request, when nothing is left over of this one on either side. */
export function keep(connection: Connection): void {
  if (connection.inputStart == connection.inputEnd) releaseInput(connection);
  const isClean =
    connection.keepsAlive && !connection.isSending && connection.failure == 0 && connection.pending == 0 &&
    connection.input == 0 && !connection.hungUp;
  if (!isClean || isDraining || countTo(connection) >= idleOfOneLimit) {
    close(connection);
    return;
  }
  connection.phase = IDLE;
  connection.body = BODY_NONE;
  idleCount++;
  arm(connection, IDLE_TIMEOUT);
  if (idleCount > idleLimit) close(changetype<Connection>(timeoutList(owner, IDLE_TIMEOUT).first));
}

function countTo(wanted: Connection): i32 {
  let count = 0;
  for (let at = timeoutList(owner, IDLE_TIMEOUT).first; at != 0; at = changetype<Connection>(at).next) {
    if (isTo(changetype<Connection>(at), wanted.address, wanted.addressLength)) count++;
  }
  return count;
}
