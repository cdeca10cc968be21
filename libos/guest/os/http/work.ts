// What happens on one connection: a thin shell that moves bytes between the machine and the pure parsers, calls the
// application, and never does so without a limit. One connection is worked on at a time, so the receive and send
// buffers are shared.

import * as machine from "../machine";
import { callApplication } from "../bridge";
import { Endpoint, endpointOf, HTTP_CONNECTION, unregister } from "../endpoints";
import { scratch, scratchBytes } from "../scratch";
import { CR, LF } from "../text";
import { chunksFinished, decodeChunks, resetChunks } from "./chunked";
import {
  arm, BODY_TIMEOUT, chunksOf, CLOSED, CLOSING, Connection, disarm, HEAD_TIMEOUT, IDLE_TIMEOUT, LINGER_TIMEOUT, LINGERING, READING_BODY,
  READING_HEAD, releaseConnection, releaseInput, releasePending, reserveInput, scanOf, SEND_TIMEOUT, STREAMING, WAITING,
} from "./connection";
import { head, isToken, parseHead } from "./head";
import { BODY_FAILED, BODY_NONE, incomingLinked, setDispatching } from "./incoming";
import { setRequest } from "./request";
import { dispatchOpen, leaveBody, skipBody } from "./request-body";
import {
  answerAsterisk, begin, deferringLinked, flush, http_respond, refuse, responded, sendPending, streamingLinked, switchBack, switchTo,
  writeContinue,
} from "./response";
import { findHead, resetScan } from "./scan";

/** Connections that had more to do than their turns allowed. */
let queueFirst: usize = 0;
let queueLast: usize = 0;

/** Turns one connection gets before the others have theirs. */
const turns: i32 = 8;
const lingerBytesLimit: i32 = 1 << 20;
/** Less room than this is not worth a receive. */
const least: i32 = 512;

export function enqueue(connection: Connection): void {
  if (connection.queued) return;
  connection.queued = true;
  connection.nextQueued = 0;
  if (queueLast != 0) changetype<Connection>(queueLast).nextQueued = changetype<usize>(connection);
  else queueFirst = changetype<usize>(connection);
  queueLast = changetype<usize>(connection);
}

export function hasQueued(): bool {
  return queueFirst != 0;
}

/** A turn for each connection that is queued now. */
export function workQueued(): void {
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
}

/** Give everything back. The record itself outlives its place in the queue. */
export function close(connection: Connection): void {
  const listener = connection.listener;
  connection.phase = CLOSED;
  if (incomingLinked && connection.bodyWanted) {
    connection.bodyWanted = false;
    callApplication(listener.bodyCallback, connection.handle, 1);
  }
  if ((streamingLinked || deferringLinked) && connection.pull != 0) {
    const pull = connection.pull;
    connection.pull = 0;
    callApplication(pull, connection.handle, 1);
  }
  disarm(connection);
  releaseInput(connection);
  releasePending(connection);
  unregister(connection.handle);
  machine.sock_close(connection.handle);
  listener.open--;
  if (listener.held) listener.retry = true;
  if (!connection.queued) releaseConnection(connection);
}

/** Minus a status, 0 for more bytes needed, or the length of the whole request; the body is at `headLength` then. */
function readBody(connection: Connection, request: usize, available: i32): i32 {
  if (!connection.isChunked) {
    const total = connection.headLength + connection.contentLength;
    return available >= total ? total : 0;
  }
  const chunks = chunksOf(connection);
  const headLength = connection.headLength;
  const limit = <i32>min<i64>(connection.listener.bodyLimit, i32.MAX_VALUE);
  const position = decodeChunks(chunks, request + headLength, connection.bodyPosition - headLength, available - headLength, limit);
  if (position < 0) return position;
  connection.bodyPosition = position + headLength;
  if (chunksFinished(chunks)) {
    connection.contentLength = chunks.written;
    return connection.bodyPosition;
  }
  return 0;
}

export function dispatch(connection: Connection, request: usize): void {
  connection.closeAfterResponse = !head.keepAlive || connection.listener.draining;
  begin(connection);
  if (head.asterisk) {
    answerAsterisk(connection);
  } else {
    setRequest(request, request + connection.headLength, connection.contentLength);
    if (incomingLinked) setDispatching(true);
    callApplication(connection.listener.handler, connection.listener.index, 0);
    if (incomingLinked) setDispatching(false);
    if (!responded) http_respond(500, 0, 0, 0, 0, 0, 0);
  }
  connection.progressed = true;
  connection.served = true;
}

export function finishResponse(connection: Connection): void {
  if (connection.phase == CLOSED) return;
  if (incomingLinked && connection.body != BODY_NONE) {
    leaveBody(connection);
    return;
  }
  connection.phase = connection.closeAfterResponse ? CLOSING : READING_HEAD;
}

/** Serve every complete request in `base[start .. end)`; returns where the first incomplete one starts. */
function serve(connection: Connection, base: usize, start: i32, end: i32): i32 {
  const scan = scanOf(connection);
  connection.hungry = true;
  while (start < end) {
    const request = base + start;
    const available = end - start;
    let total: i32;
    if (connection.phase == READING_HEAD) {
      if (scan.position == 0) {
        // Empty lines before a request are skipped (RFC 9112 §2.2); anything else has to begin a method.
        const first = load<u8>(request);
        if (first == CR) {
          if (available == 1) break;
          if (load<u8>(request, 1) == LF) {
            start += 2;
            continue;
          }
        }
        if (!isToken(first)) {
          refuse(connection, 400);
          break;
        }
      }
      const headLength = findHead(scan, request, available);
      if (headLength == 0) break;
      const status = headLength < 0 ? -headLength : parseHead(request, headLength);
      if (status != 0) {
        refuse(connection, status);
        break;
      }
      if (head.contentLength > connection.listener.bodyLimit) {
        refuse(connection, 413);
        break;
      }
      connection.headLength = headLength;
      connection.contentLength = <i32>head.contentLength;
      connection.isChunked = head.chunked;
      total = headLength;
      if (head.chunked || head.contentLength > 0) {
        connection.phase = READING_BODY;
        connection.bodyPosition = headLength;
        resetChunks(chunksOf(connection));
        // What an i32 does not hold is never complete.
        total = incomingLinked && head.contentLength > available ? 0 : readBody(connection, request, available);
        if (total == 0) {
          if (incomingLinked && connection.listener.bodyCallback != 0) {
            // Buffers come and go while the body is read: what is left of this one is known before.
            const isInput = base == connection.input;
            dispatchOpen(connection, base, start, end);
            start = isInput ? connection.inputStart : end;
            break;
          }
          if (head.expectsContinue && available == headLength) writeContinue(connection);
          break;
        }
      }
    } else {
      total = readBody(connection, request, available);
      if (total == 0) break;
      // `head` served other connections since.
      if (total > 0) parseHead(request, connection.headLength);
    }
    if (total < 0) {
      refuse(connection, -total);
      break;
    }
    resetScan(scan);
    connection.phase = READING_HEAD;
    dispatch(connection, request);
    start += total;
    if (connection.phase == READING_HEAD) finishResponse(connection);
    if (connection.phase != READING_HEAD || connection.pending != 0) {
      connection.hungry = false;
      break;
    }
  }
  flush(connection);
  return start;
}

/** How much more to make room for: doubling copies a body a constant number of times, and grows only as bytes arrive. */
function roomFor(connection: Connection, used: i32): i32 {
  let room = max(least, used);
  if (connection.phase == READING_BODY && !connection.isChunked) {
    room = min(room, max(least, connection.headLength + connection.contentLength - used));
  }
  return room;
}

/** Receive once and serve; false when there is nothing (more) to do now. */
function receive(connection: Connection): bool {
  if (!connection.readable) return false;
  let base = scratch();
  let space = scratchBytes;
  if (connection.input != 0) {
    if (!reserveInput(connection, roomFor(connection, connection.inputEnd - connection.inputStart))) {
      refuse(connection, 503);
      flush(connection);
      return true;
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
    // Every complete request is answered before more is received: whatever is left is cut off.
    connection.phase = CLOSED;
    return false;
  }
  // The contract of `yield`: after a short receive new bytes are reported again; an end reported already is not.
  if (count < space && !connection.hungUp) connection.readable = false;
  if (connection.input != 0) {
    connection.inputEnd += count;
    serveInput(connection);
    return true;
  }
  const start = serve(connection, scratch(), 0, count);
  if (start < count && connection.phase < CLOSING) {
    const left = count - start;
    if (!reserveInput(connection, max(left, roomFor(connection, left)))) {
      refuse(connection, 503);
      flush(connection);
      return true;
    }
    memory.copy(connection.input, scratch() + start, count - start);
    connection.inputEnd = count - start;
  }
  return true;
}

function serveInput(connection: Connection): void {
  connection.inputStart = serve(connection, connection.input, connection.inputStart, connection.inputEnd);
  if (connection.inputStart == connection.inputEnd || connection.phase >= CLOSING) releaseInput(connection);
}

function stream(connection: Connection): void {
  begin(connection);
  callApplication(connection.pull, connection.handle, 0);
  if (connection.pull == 0) finishResponse(connection);
  flush(connection);
}

function linger(connection: Connection): bool {
  const count = machine.sock_receive(connection.handle, scratch(), scratchBytes);
  if (count == machine.AGAIN) return false;
  if (count > 0) {
    connection.lingeredBytes += count;
    if (connection.lingeredBytes < lingerBytesLimit) return true;
  }
  connection.phase = CLOSED;
  return false;
}

/** One step; false when the connection has to wait. */
function step(connection: Connection): bool {
  // Before what is to be sent: whoever has to take that may be waiting for us to take something.
  if (incomingLinked && connection.bodyWanted && (connection.readable || connection.body == BODY_FAILED)) {
    connection.bodyWanted = false;
    callApplication(connection.listener.bodyCallback, connection.handle, 0);
    return connection.phase != CLOSED;
  }
  if (connection.pending != 0 && !sendPending(connection)) return false;
  switch (connection.phase) {
    case STREAMING:
      if (deferringLinked && connection.paused) {
        // Whoever has hung up wants no more of it. Nothing but the next piece would tell, and that may be hours away.
        if (connection.hungUp) connection.phase = CLOSED;
        return false;
      }
      if (streamingLinked) stream(connection);
      return true;
    case CLOSING:
      if (!connection.lingers) {
        connection.phase = CLOSED;
        return false;
      }
      machine.sock_shutdown(connection.handle);
      connection.phase = LINGERING;
      return true;
    case LINGERING:
      return linger(connection);
    case CLOSED:
      return false;
    case WAITING:
      if (deferringLinked) return false;
      unreachable();
    default:
      if (incomingLinked && connection.body != BODY_NONE) return skipBody(connection);
      if (connection.input != 0 && !connection.hungry) {
        serveInput(connection);
        return true;
      }
      return receive(connection);
  }
}

/** Whose turn it is: nobody else closes it, its record is still looked at. */
export let working: usize = 0;

export function work(connection: Connection): void {
  let waits = false;
  working = changetype<usize>(connection);
  for (let turn = 0; turn < turns && !waits; turn++) waits = !step(connection);
  working = 0;
  if (connection.phase == CLOSED) {
    close(connection);
    return;
  }
  if (!waits) enqueue(connection);
  settle(connection);
}

/**
 * From the application: answer a deferred request, or send more of a paused response; 0 when the connection has gone.
 * What follows up to `http_complete` is about this connection.
 */
export function http_resume(handle: i32): i32 {
  const endpoint = endpointOf(handle);
  if (endpoint == 0 || changetype<Endpoint>(endpoint).kind != HTTP_CONNECTION) return 0;
  const connection = changetype<Connection>(endpoint);
  if (connection.phase != WAITING && connection.phase != STREAMING) return 0;
  switchTo(connection);
  return 1;
}

/**
 * From the application: what was written since `http_resume` may go. Returns how many bytes the peer is behind with, -1 when
 * the connection has gone. A streamed response is asked for more once that is sent, and also when it wants to be (`again`).
 * The connection has its next turn later: another one may be in the midst of its own.
 */
export function http_complete(handle: i32, again: i32): i32 {
  const connection = changetype<Connection>(endpointOf(handle));
  if (connection.phase == WAITING) connection.pull = 0;
  if (connection.phase == WAITING || (connection.phase == STREAMING && connection.pull == 0)) finishResponse(connection);
  connection.progressed = true;
  flush(connection);
  switchBack();
  if (connection.phase == CLOSED) {
    if (changetype<usize>(connection) != working) close(connection);
    return -1;
  }
  const behind = connection.pending == 0 ? 0 : connection.pendingEnd - connection.pendingStart;
  if (behind > 0 || again != 0) connection.paused = false;
  enqueue(connection);
  return behind;
}

/** From the application: a response that cannot be finished. A cut response is closed, never ended as if it were whole. */
export function http_abort(handle: i32): void {
  if (http_resume(handle) == 0) return;
  changetype<Connection>(endpointOf(handle)).phase = CLOSED;
  http_complete(handle, 0);
}

/** Choose the timeout that fits what the connection waits for. Progress starts it anew, a trickle of bytes does not. */
function settle(connection: Connection): void {
  const isPaused = connection.phase == STREAMING && connection.paused && connection.pending == 0;
  if (deferringLinked && (connection.phase == WAITING || isPaused)) {
    // How long an answer may take is the application's affair, how long it waits for the peer is not.
    if (!incomingLinked || !connection.bodyWanted) disarm(connection);
    else if (connection.timeout != BODY_TIMEOUT || connection.progressed) arm(connection, BODY_TIMEOUT);
    connection.progressed = false;
    return;
  }
  let timeout = HEAD_TIMEOUT;
  if (connection.pending != 0 || connection.phase == STREAMING || connection.phase == CLOSING) timeout = SEND_TIMEOUT;
  else if (connection.phase == LINGERING) timeout = LINGER_TIMEOUT;
  else if (connection.phase == READING_BODY) timeout = BODY_TIMEOUT;
  else if (connection.served && connection.input == 0) timeout = IDLE_TIMEOUT;
  if (timeout != connection.timeout || connection.progressed) arm(connection, timeout);
  // It can make room now for one that waits at the limit; nothing else would say so before its idle time is over.
  if (timeout == IDLE_TIMEOUT && connection.listener.held) connection.listener.retry = true;
  connection.progressed = false;
}
