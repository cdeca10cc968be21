// What the server knows about one connection, and the lists that time connections out. A quiet connection holds this
// record and nothing else: buffers exist only while a request or response is unfinished.

import { now } from "../clock";
import { Endpoint } from "../endpoints";
import { allocate, extend, release, roundUp } from "../heap";
import { Chunks } from "./chunked";
import { HeadScan } from "./scan";

/** Waiting for or reading a request head. */
export const READING_HEAD = 0;
/** Reading the body that `headLength`, `contentLength`, `isChunked` describe. */
export const READING_BODY = 1;
/** The application produces the response piece by piece. */
export const STREAMING = 2;
/** The application answers later (`http_defer`); nothing is read meanwhile. */
export const WAITING = 3;
/** Nothing more is read; closed when everything is sent. */
export const CLOSING = 4;
/** Sending side shut; reading on so that unread bytes do not make the kernel reset what we sent (RFC 9112 §9.6). */
export const LINGERING = 5;
export const CLOSED = 6;

export const HEAD_TIMEOUT = 0;
export const BODY_TIMEOUT = 1;
export const IDLE_TIMEOUT = 2;
export const SEND_TIMEOUT = 3;
export const LINGER_TIMEOUT = 4;
export const timeoutCount = 5;

/** Connections that wait equally long, in the order in which they run out: arming is appending. */
@unmanaged
export class TimeoutList {
  durationNs: i64;
  first: usize;
  last: usize;
}

@unmanaged
export class Listener extends Endpoint {
  next: usize;
  /** Entry of the application's function table, and what it is called with. */
  handler: i32;
  index: i32;
  bodyLimit: i64;
  /** Where bodies are read as they come: called with a connection whose body can be read on; 0: bodies are complete first. */
  bodyCallback: i32;
  connectionLimit: i32;
  open: i32;
  /** The queue may hold connections we did not accept, and room for one may be there now. */
  retry: bool;
  draining: bool;
  /** Not accepted because a limit was reached. */
  held: bool;
  /** After the machine ran out of handles without any of ours to wait for. */
  retryAt: i64;
}

export function timeoutList(listener: Listener, timeout: i32): TimeoutList {
  return changetype<TimeoutList>(changetype<usize>(listener) + offsetof<Listener>() + timeout * offsetof<TimeoutList>());
}

@unmanaged
export class Connection extends Endpoint {
  listener: Listener;
  phase: i32;
  /** Index of the timeout list it stands in, -1: none. */
  timeout: i32;
  previous: usize;
  next: usize;
  deadline: i64;
  queued: bool;
  nextQueued: usize;

  /** A receive may bring bytes. */
  readable: bool;
  /** The end of the stream (or worse) was reported: receive until it shows. */
  hungUp: bool;
  /** What is buffered is not enough for the next step. */
  hungry: bool;
  /** Since the timeout was armed a request ended or bytes went out. */
  progressed: bool;
  served: bool;
  closeAfterResponse: bool;
  lingers: bool;

  input: usize;
  inputSize: u32;
  inputStart: i32;
  inputEnd: i32;
  /** Bytes to send that the machine did not take yet. */
  pending: usize;
  pendingSize: u32;
  pendingStart: i32;
  pendingEnd: i32;

  headLength: i32;
  contentLength: i32;
  isChunked: bool;
  /** Encoded bytes of the body looked at, from the start of the request. */
  bodyPosition: i32;
  lingeredBytes: i32;

  /** What the response to a deferred request depends on; `head` serves other connections meanwhile. */
  deferredMinor: i32;
  deferredMethod: i32;

  /** Streaming response: callback, and whether its pieces are framed as chunks. */
  pull: i32;
  /** The application has nothing to send now and comes back by itself (`http_pause`). */
  paused: bool;
  sendsChunks: bool;

  /** A body that is read as it comes (incoming.ts): its framing, or that it is over. */
  body: i32;
  bodyFailure: i32;
  /** Bytes there are to come, or may be at most where its head does not say. */
  bodyLeft: i64;
  /** Bytes at the start of the input that are decoded already. */
  bodyDecoded: i32;
  /** The application waits for more of it. */
  bodyWanted: bool;
  /** The peer sends its body when it is told to continue. */
  asksToContinue: bool;
  /** The application is being called with the head, which is still in the buffer. */
  isDispatched: bool;

  /** Of connections to other hosts (client.ts): where to, and what the application is called with. */
  address: usize;
  addressLength: i32;
  callback: i32;
  tag: i32;
  interimCount: i32;
  /** Why nothing more can be sent; 0: it can. */
  failure: i32;
  isForHead: bool;
  /** The request's body is not complete yet. */
  isSending: bool;
  wantsRoom: bool;
  /** It has served a request before this one. */
  wasUsed: bool;
  hasAnswered: bool;
  keepsAlive: bool;
}

const recordSize: u32 = offsetof<Connection>() + offsetof<HeadScan>() + offsetof<Chunks>();

export function scanOf(connection: Connection): HeadScan {
  return changetype<HeadScan>(changetype<usize>(connection) + offsetof<Connection>());
}

export function chunksOf(connection: Connection): Chunks {
  return changetype<Chunks>(changetype<usize>(connection) + offsetof<Connection>() + offsetof<HeadScan>());
}

export function allocateConnection(): usize {
  const block = allocate(recordSize);
  if (block != 0) memory.fill(block, 0, recordSize);
  return block;
}

export function releaseConnection(connection: Connection): void {
  release(changetype<usize>(connection), recordSize);
}

export function disarm(connection: Connection): void {
  if (connection.timeout < 0) return;
  const list = timeoutList(connection.listener, connection.timeout);
  if (connection.previous != 0) changetype<Connection>(connection.previous).next = connection.next;
  else list.first = connection.next;
  if (connection.next != 0) changetype<Connection>(connection.next).previous = connection.previous;
  else list.last = connection.previous;
  connection.timeout = -1;
}

export function arm(connection: Connection, timeout: i32): void {
  disarm(connection);
  const list = timeoutList(connection.listener, timeout);
  connection.timeout = timeout;
  connection.deadline = now + list.durationNs;
  connection.previous = list.last;
  connection.next = 0;
  if (list.last != 0) changetype<Connection>(list.last).next = changetype<usize>(connection);
  else list.first = changetype<usize>(connection);
  list.last = changetype<usize>(connection);
}

export function releaseInput(connection: Connection): void {
  if (connection.input != 0) release(connection.input, connection.inputSize);
  connection.input = 0;
  connection.inputStart = 0;
  connection.inputEnd = 0;
}

/** Room for at least `room` more bytes of input; false when memory is exhausted. */
export function reserveInput(connection: Connection, room: i32): bool {
  const used = connection.inputEnd - connection.inputStart;
  if (connection.input != 0 && connection.inputEnd + room <= <i32>connection.inputSize) return true;
  if (connection.input != 0 && used + room <= <i32>connection.inputSize) {
    memory.copy(connection.input, connection.input + connection.inputStart, used);
  } else {
    const size = roundUp(used + room);
    if (connection.input != 0 && connection.inputStart == 0 && extend(connection.input, connection.inputSize, size)) {
      connection.inputSize = size;
      return true;
    }
    const block = allocate(size);
    if (block == 0) return false;
    if (connection.input != 0) {
      memory.copy(block, connection.input + connection.inputStart, used);
      release(connection.input, connection.inputSize);
    }
    connection.input = block;
    connection.inputSize = size;
  }
  connection.inputStart = 0;
  connection.inputEnd = used;
  return true;
}

export function releasePending(connection: Connection): void {
  if (connection.pending != 0) release(connection.pending, connection.pendingSize);
  connection.pending = 0;
}

/** Room for `room` more bytes of pending output; false when memory is exhausted. */
export function reservePending(connection: Connection, room: i32): bool {
  if (connection.pending == 0) {
    connection.pendingStart = 0;
    connection.pendingEnd = 0;
    connection.pendingSize = 0;
  }
  if (connection.pendingEnd + room <= <i32>connection.pendingSize) return true;
  const used = connection.pendingEnd - connection.pendingStart;
  const size = roundUp(used + room);
  if (connection.pending != 0 && connection.pendingStart == 0 && extend(connection.pending, connection.pendingSize, size)) {
    connection.pendingSize = size;
    return true;
  }
  const block = allocate(size);
  if (block == 0) return false;
  if (connection.pending != 0) {
    memory.copy(block, connection.pending + connection.pendingStart, used);
    release(connection.pending, connection.pendingSize);
  }
  connection.pending = block;
  connection.pendingSize = size;
  connection.pendingStart = 0;
  connection.pendingEnd = used;
  return true;
}
