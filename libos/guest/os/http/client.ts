// The HTTP/1.1 client: requests to other hosts, one after the other on connections that are kept (client-pool.ts). It shares the
// server's buffers and timeouts, the parsers and how bodies are read.

import * as machine from "../machine";
import { callApplication, fromApplication, toApplication } from "../bridge";
import { now } from "../clock";
import { allocate, release } from "../heap";
import { scratch, scratchBytes } from "../scratch";
import { resetChunks } from "./chunked";
import {
  AWAITING_HEAD, close, CONNECT_TIMEOUT, find, IDLE, keep, open, openFailure, owner, prepare, READING_RESPONSE, takeIdle,
} from "./client-pool";
import {
  arm, BODY_TIMEOUT, chunksOf, CLOSED, Connection, disarm, HEAD_TIMEOUT, releaseConnection, releasePending, reserveInput, scanOf, timeoutCount,
  timeoutList,
} from "./connection";
import { head } from "./head";
import { beginBody, BODY_CHUNKED, BODY_COMPLETE, BODY_FAILED, BODY_LENGTH, BODY_NONE, BODY_UNTIL_END, failBody, fillBody } from "./incoming";
import { setRequest } from "./request";
import { flush, http_finish, http_piece, sendPending, switchBack, switchTo } from "./response";
import { parseResponseHead, responseHead } from "./response-head";
import { findHead, resetScan } from "./scan";

/** What the application is called with: the head of the response is there; body or sending may go on; there will be no response. */
const EVENT_HEAD = 0;
const EVENT_READY = 1;
const EVENT_FAILED = 2;

/** Besides the machine's errors and what response-head.ts says. */
const TOO_LATE = -110;
const STALE = -111;
const TOO_LARGE = -112;
const BARE_LINE_FEED = -113;
const UNASKED_UPGRADE = -114;
const TOO_MANY_INTERIM = -115;

const IS_HEAD = 1;
const SENDS_CHUNKS = 2;
const SENDS_BODY = 4;
const IS_FRESH = 8;

const interimLimit: i32 = 32;
const turns: i32 = 8;
const least: i32 = 2048;
const bodyLimit: i64 = i64.MAX_VALUE;

let queueFirst: usize = 0;
let queueLast: usize = 0;

function enqueue(connection: Connection): void {
  if (connection.queued) return;
  connection.queued = true;
  connection.nextQueued = 0;
  if (queueLast != 0) changetype<Connection>(queueLast).nextQueued = changetype<usize>(connection);
  else queueFirst = changetype<usize>(connection);
  queueLast = changetype<usize>(connection);
}

/** Tells the application, to which the connection does not belong any more. */
function fail(connection: Connection, failure: i32): void {
  const callback = connection.callback;
  const tag = connection.tag;
  close(connection);
  callApplication(callback, tag, EVENT_FAILED | (-failure << 8));
}

/**
 * From the application: sends a head to the address (`HOST:PORT` or `tls:HOST:PORT`). Returns the handle of the connection, or an
 * error. From then on `callback(tag, event)` tells what happens: the head of the response, that there is more to read or room to
 * send, or that it failed (with the failure in the upper bits), after which the handle is gone.
 */
export function client_send(address: u32, addressLength: i32, text: u32, length: i32, flags: i32, callback: i32, tag: i32): i32 {
  if (addressLength > 300 || !prepare()) return machine.INVALID;
  const block = allocate(addressLength);
  if (block == 0) return machine.LIMIT;
  fromApplication(block, address, addressLength);
  let connection = (flags & IS_FRESH) == 0 ? takeIdle(block, addressLength) : null;
  if (!connection) connection = open(block, addressLength);
  if (!connection || connection.wasUsed) release(block, addressLength);
  if (!connection) return openFailure;
  connection.phase = AWAITING_HEAD;
  connection.callback = callback;
  connection.tag = tag;
  connection.isForHead = (flags & IS_HEAD) != 0;
  connection.isSending = (flags & (SENDS_CHUNKS | SENDS_BODY)) != 0;
  connection.interimCount = 0;
  connection.hasAnswered = false;
  connection.body = BODY_NONE;
  connection.failure = 0;
  resetScan(scanOf(connection));
  connection.sendsChunks = false;
  write(connection, text, length);
  connection.sendsChunks = (flags & SENDS_CHUNKS) != 0;
  arm(connection, connection.wasUsed ? HEAD_TIMEOUT : CONNECT_TIMEOUT);
  return connection.handle;
}

/** A peer that takes nothing more may have answered: what it said is read before the connection is given up. */
function write(connection: Connection, ptr: u32, length: i32): void {
  if (connection.failure != 0) return;
  const phase = connection.phase;
  switchTo(connection);
  if (length > 0) http_piece(ptr, length);
  else http_finish();
  flush(connection);
  switchBack();
  check(connection, phase);
}

function check(connection: Connection, phase: i32): void {
  if (connection.phase != CLOSED) return;
  connection.phase = phase;
  connection.failure = machine.CLOSED;
  connection.readable = true;
  connection.isSending = false;
  releasePending(connection);
  enqueue(connection);
}

/** From the application: more of the request's body. How many bytes the peer is behind with, -1 when it takes no more. */
export function client_piece(handle: i32, ptr: u32, length: i32): i32 {
  const connection = find(handle);
  if (!connection || !connection.isSending) return -1;
  if (length > 0) write(connection, ptr, length);
  if (connection.timeout == HEAD_TIMEOUT) arm(connection, HEAD_TIMEOUT);
  if (connection.failure != 0) return -1;
  const behind = connection.pending == 0 ? 0 : connection.pendingEnd - connection.pendingStart;
  connection.wantsRoom = behind > 0;
  return behind;
}

/** From the application: the request's body is complete. */
export function client_finish(handle: i32): void {
  const connection = find(handle);
  if (!connection || !connection.isSending) return;
  connection.isSending = false;
  write(connection, 0, 0);
}

/** From the application: the rest is not wanted. */
export function client_cancel(handle: i32): void {
  const connection = find(handle);
  if (connection) close(connection);
}

/** From the application, when it is told of a head. Fields are read as those of requests. */
export function client_status(): i32 {
  return responseHead.status;
}

export function client_reason_length(): i32 {
  return responseHead.reasonLength;
}

export function client_reason_read(ptr: u32): void {
  toApplication(ptr, headBase + responseHead.reasonStart, responseHead.reasonLength);
}

let headBase: usize = 0;

/** From the application: whether all of the response's body is here already. */
export function client_is_whole(handle: i32): bool {
  const connection = find(handle);
  if (!connection) return false;
  if (connection.body == BODY_LENGTH) return connection.bodyLeft <= <i64>(connection.inputEnd - connection.inputStart);
  return connection.body == BODY_COMPLETE;
}

/** From the application: as `http_receive`; when it gives 0 or fails, the handle is gone. */
export function client_receive(handle: i32): i32 {
  const connection = find(handle);
  if (!connection) return machine.CLOSED;
  const count = fillBody(connection);
  if (count == machine.AGAIN) {
    // It was not even tried.
    if (connection.readable) enqueue(connection);
    if (connection.timeout != BODY_TIMEOUT || connection.progressed) arm(connection, BODY_TIMEOUT);
    connection.progressed = false;
  } else if (count > 0) {
    // How long the application takes is its own affair.
    disarm(connection);
  } else if (count == 0) {
    keep(connection);
  } else {
    close(connection);
  }
  return count;
}

/** What the body of a response is delimited by (RFC 9112 §6.3). */
function beginResponse(connection: Connection): void {
  const status = responseHead.status;
  connection.keepsAlive = head.keepAlive;
  if (connection.isForHead || status == 204 || status == 304) {
    connection.body = BODY_COMPLETE;
  } else if (head.chunked) {
    resetChunks(chunksOf(connection));
    beginBody(connection, BODY_CHUNKED, 0, 0, bodyLimit);
  } else if (!responseHead.hasLength) {
    beginBody(connection, BODY_UNTIL_END, 0, 0, bodyLimit);
  } else if (head.contentLength == 0) {
    connection.body = BODY_COMPLETE;
  } else {
    beginBody(connection, BODY_LENGTH, head.contentLength, 0, bodyLimit);
  }
}

/**
 * Heads in `base[from .. to)` up to the one that is the response. Returns the position after what was used, -1 when the application
 * has been told of a response or a failure.
 */
function readHeads(connection: Connection, base: usize, from: i32, to: i32): i32 {
  const scan = scanOf(connection);
  while (from < to) {
    const length = findHead(scan, base + from, to - from);
    if (length == 0) return from;
    const failure = length < 0 ? (length == -400 ? BARE_LINE_FEED : TOO_LARGE) : parseResponseHead(base + from, length);
    if (failure != 0) {
      fail(connection, failure);
      return -1;
    }
    resetScan(scan);
    const status = responseHead.status;
    if (status >= 200) {
      headBase = base + from;
      return answer(connection, base, from + length, to);
    }
    // RFC 9110 §15.2: any number of them may come; nobody asked for another protocol.
    if (status == 101 || ++connection.interimCount > interimLimit) {
      fail(connection, status == 101 ? UNASKED_UPGRADE : TOO_MANY_INTERIM);
      return -1;
    }
    from += length;
  }
  return from;
}

/** The head lies before `base[bodyAt .. to)`, what has come of the body in it. */
function answer(connection: Connection, base: usize, bodyAt: i32, to: i32): i32 {
  beginResponse(connection);
  connection.phase = READING_RESPONSE;
  disarm(connection);
  if (base == connection.input) {
    connection.inputStart = bodyAt;
  } else if (bodyAt < to) {
    if (!reserveInput(connection, to - bodyAt)) {
      fail(connection, machine.LIMIT);
      return -1;
    }
    memory.copy(connection.input, base + bodyAt, to - bodyAt);
    connection.inputEnd = to - bodyAt;
  }
  setRequest(headBase, 0, 0);
  // It reads the head before anything of the body.
  callApplication(connection.callback, connection.tag, EVENT_HEAD);
  return -1;
}

/** Receive once and look for heads; false when there is nothing (more) to do now. */
function receive(connection: Connection): bool {
  if (!connection.readable) return false;
  let base = scratch();
  let space = scratchBytes;
  if (connection.input != 0) {
    if (!reserveInput(connection, least)) {
      fail(connection, machine.LIMIT);
      return false;
    }
    base = connection.input + connection.inputEnd;
    space = <i32>connection.inputSize - connection.inputEnd;
  }
  const count = machine.sock_receive(connection.handle, base, space);
  if (count == machine.AGAIN) {
    connection.readable = false;
    return false;
  }
  if (count <= 0) {
    const isStale = connection.wasUsed && !connection.hasAnswered;
    fail(connection, isStale ? STALE : count == 0 ? machine.CLOSED : count);
    return false;
  }
  if (count < space && !connection.hungUp) connection.readable = false;
  connection.hasAnswered = true;
  if (connection.input != 0) {
    connection.inputEnd += count;
    const at = readHeads(connection, connection.input, connection.inputStart, connection.inputEnd);
    if (at >= 0) connection.inputStart = at;
    return at >= 0;
  }
  const at = readHeads(connection, scratch(), 0, count);
  if (at < 0) return false;
  const left = count - at;
  if (left > 0) {
    if (!reserveInput(connection, max(left, least))) {
      fail(connection, machine.LIMIT);
      return false;
    }
    memory.copy(connection.input, scratch() + at, left);
    connection.inputEnd = left;
  }
  return true;
}

/** One step; false when the connection has to wait, or is gone. */
function step(connection: Connection): bool {
  const handle = connection.handle;
  if (connection.pending != 0) {
    const phase = connection.phase;
    const isSent = sendPending(connection);
    check(connection, phase);
    if (connection.timeout == HEAD_TIMEOUT && connection.progressed) arm(connection, HEAD_TIMEOUT);
    connection.progressed = false;
    if ((isSent || connection.failure != 0) && connection.wantsRoom) {
      connection.wantsRoom = false;
      callApplication(connection.callback, connection.tag, EVENT_READY);
      if (find(handle) != connection) return false;
    }
  }
  if (connection.phase == AWAITING_HEAD) return receive(connection);
  if (connection.phase == READING_RESPONSE && connection.bodyWanted && (connection.readable || connection.body == BODY_FAILED)) {
    connection.bodyWanted = false;
    callApplication(connection.callback, connection.tag, EVENT_READY);
    return find(handle) == connection;
  }
  return false;
}

function work(connection: Connection): void {
  const handle = connection.handle;
  for (let turn = 0; turn < turns; turn++) {
    if (!step(connection)) return;
  }
  if (find(handle) == connection) enqueue(connection);
}

export function clientReady(endpoint: usize, ready: i32): void {
  const connection = changetype<Connection>(endpoint);
  if ((ready & machine.HANGUP) != 0) connection.hungUp = true;
  if ((ready & (machine.READABLE | machine.HANGUP)) != 0) connection.readable = true;
  if (connection.phase == IDLE) {
    // Whatever a server says without being asked is nothing that a later request may take for its answer.
    if (connection.readable) close(connection);
    return;
  }
  if (connection.timeout == CONNECT_TIMEOUT) arm(connection, HEAD_TIMEOUT);
  work(connection);
}

export function clientHasWork(): bool {
  return queueFirst != 0;
}

export function clientDeadline(): i64 {
  let deadline = i64.MAX_VALUE;
  for (let i = 0; i < timeoutCount; i++) {
    const first = timeoutList(owner, i).first;
    if (first != 0) deadline = min(deadline, changetype<Connection>(first).deadline);
  }
  return deadline;
}

function expire(connection: Connection): void {
  if (connection.phase == IDLE) {
    close(connection);
  } else if (connection.phase == READING_RESPONSE) {
    failBody(connection, TOO_LATE);
    disarm(connection);
    work(connection);
  } else {
    fail(connection, TOO_LATE);
  }
}

/** After each wake-up: connections that had more to do, and timeouts. */
export function clientTick(): void {
  const last = queueLast;
  while (queueFirst != 0) {
    const connection = changetype<Connection>(queueFirst);
    queueFirst = connection.nextQueued;
    if (queueFirst == 0) queueLast = 0;
    connection.queued = false;
    if (connection.phase == CLOSED) releaseConnection(connection);
    else work(connection);
    if (changetype<usize>(connection) == last) break;
  }
  for (let i = 0; i < timeoutCount; i++) {
    while (true) {
      const first = timeoutList(owner, i).first;
      if (first == 0 || changetype<Connection>(first).deadline > now) break;
      expire(changetype<Connection>(first));
    }
  }
}
