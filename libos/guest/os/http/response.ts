// Writing responses. Everything for one connection gathers in `outgoing`, so that a response, or all responses to a
// batch of pipelined requests, leave in one send.

import * as machine from "../machine";
import { fromApplication } from "../bridge";
import { outgoing, outgoingBytes } from "../scratch";
import { equalsIgnoringCase, LF, writeDecimal, writeHexadecimal, writeText } from "../text";
import { CLOSED, CLOSING, Connection, reservePending, releasePending, STREAMING, WAITING } from "./connection";
import { dateField, dateLength } from "./date";
import { head, HEAD } from "./head";
import { incomingLinked, isTooMuchToSkip } from "./incoming";
import { reasonOf } from "./status";

let used: i32 = 0;

/** Fields an application may add to one response. */
const fieldsLimit: i32 = 16384;
const pieceSize: i32 = 32768;

/** Set by the only function that starts a streaming response: without it, streaming is not in the image. */
export let streamingLinked: bool = false;

/** Set by the only function that leaves a request unanswered: without it, waiting is not in the image. */
export let deferringLinked: bool = false;

/** The connection whose request is being answered. */
export let current: Connection = changetype<Connection>(0);
export let responded: bool = false;

export function begin(connection: Connection): void {
  current = connection;
  responded = false;
}

/**
 * From the application: the response comes later. Returns the connection's handle, for `http_resume`. When the peer hangs up
 * before, `gone(handle, 1)` is called once; it may still be reading.
 */
export function http_defer(gone: i32): i32 {
  deferringLinked = true;
  responded = true;
  current.deferredMinor = head.minor;
  current.deferredMethod = head.method;
  current.phase = WAITING;
  current.pull = gone;
  return current.handle;
}

/** From the application, asked for a piece: there is none now; it comes by `http_resume`. */
export function http_pause(): void {
  deferringLinked = true;
  current.paused = true;
}

let interrupted: Connection = changetype<Connection>(0);
let interruptedResponded: bool = false;
let interruptedMinor: i32 = 0;
let interruptedMethod: i32 = 0;

/** Answer another connection for a moment; in the midst of a request, what is gathered for that one goes out first. */
export function switchTo(connection: Connection): void {
  if (used != 0 && current != connection) flush(current);
  interrupted = current;
  interruptedResponded = responded;
  interruptedMinor = head.minor;
  interruptedMethod = head.method;
  head.minor = connection.deferredMinor;
  head.method = connection.deferredMethod;
  begin(connection);
}

export function switchBack(): void {
  current = interrupted;
  responded = interruptedResponded;
  head.minor = interruptedMinor;
  head.method = interruptedMethod;
}

/** Hand what is gathered to the machine, the rest to the connection's pending bytes. */
export function flush(connection: Connection): void {
  if (used == 0) return;
  let at = 0;
  if (connection.pending == 0) {
    while (at < used) {
      const count = machine.sock_send(connection.handle, outgoing() + at, used - at);
      if (count == machine.AGAIN) break;
      if (count < 0) {
        connection.phase = CLOSED;
        used = 0;
        return;
      }
      at += count;
    }
    connection.progressed = true;
  }
  if (at < used) {
    if (reservePending(connection, used - at)) {
      memory.copy(connection.pending + connection.pendingEnd, outgoing() + at, used - at);
      connection.pendingEnd += used - at;
    } else {
      // A cut response is closed, never ended as if it were whole.
      connection.phase = CLOSED;
    }
  }
  used = 0;
}

/** True when nothing is pending any more. */
export function sendPending(connection: Connection): bool {
  while (connection.pendingStart < connection.pendingEnd) {
    const count = machine.sock_send(connection.handle, connection.pending + connection.pendingStart, connection.pendingEnd - connection.pendingStart);
    if (count == machine.AGAIN) return false;
    if (count < 0) {
      connection.phase = CLOSED;
      return false;
    }
    connection.pendingStart += count;
    connection.progressed = true;
  }
  releasePending(connection);
  return true;
}

function makeRoom(connection: Connection, size: i32): usize {
  if (used + size > outgoingBytes) flush(connection);
  return outgoing() + used;
}

function writeStatus(to: usize, status: i32): usize {
  if (status == 200) {
    to = writeText(to, "HTTP/1.1 200 OK\r\n");
  } else {
    to = writeText(to, "HTTP/1.1 ");
    to = writeDecimal(to, status);
    store<u8>(to++, 32);
    to = writeText(to, reasonOf(status));
    to = writeText(to, "\r\n");
  }
  memory.copy(to, dateField(), dateLength);
  return to + dateLength;
}

function writeConnection(to: usize, connection: Connection): usize {
  if (connection.closeAfterResponse) return writeText(to, "Connection: close\r\n");
  return head.minor == 0 ? writeText(to, "Connection: keep-alive\r\n") : to;
}

function writeContentType(to: usize, type: i32): usize {
  switch (type) {
    case 1: return writeText(to, "Content-Type: text/plain; charset=utf-8\r\n");
    case 2: return writeText(to, "Content-Type: application/json\r\n");
    case 3: return writeText(to, "Content-Type: text/html; charset=utf-8\r\n");
    case 4: return writeText(to, "Content-Type: application/octet-stream\r\n");
    default: return to;
  }
}

/** A refusal: nothing else is read from this connection, since where the next request begins is not known. */
export function refuse(connection: Connection, status: i32): void {
  connection.closeAfterResponse = true;
  connection.lingers = true;
  connection.phase = CLOSING;
  let to = makeRoom(connection, 512);
  to = writeStatus(to, status);
  to = writeText(to, "Content-Length: 0\r\nConnection: close\r\n\r\n");
  used = <i32>(to - outgoing());
}

export function writeContinue(connection: Connection): void {
  const to = writeText(makeRoom(connection, 64), "HTTP/1.1 100 Continue\r\n\r\n");
  used = <i32>(to - outgoing());
}

/** The same outside of the connection's own turn. */
export function sendContinue(connection: Connection): void {
  switchTo(connection);
  writeContinue(connection);
  flush(connection);
  switchBack();
}

/** About the server itself (RFC 9110 §9.3.7). */
export function answerAsterisk(connection: Connection): void {
  responded = true;
  let to = makeRoom(connection, 512);
  to = writeStatus(to, 204);
  to = writeText(to, "Allow: GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS\r\n");
  to = writeText(writeConnection(to, connection), "\r\n");
  used = <i32>(to - outgoing());
}

function writeHead(connection: Connection, status: i32, contentType: i32, fields: u32, fieldsLength: i32): usize {
  let to = makeRoom(connection, fieldsLength + 512);
  hasLength = false;
  to = writeStatus(to, status);
  dateAt = to - dateLength;
  to = writeContentType(to, contentType);
  if (fieldsLength > 0) {
    fromApplication(to, fields, fieldsLength);
    fieldsLength = withoutFraming(to, fieldsLength);
  }
  return writeConnection(to + fieldsLength, connection);
}

/** The application's fields hold a length that counts: there is no body here to be counted. */
let hasLength: bool = false;
/** Where the head that is being written has its date. */
let dateAt: usize = 0;

/**
 * Framing and connection are ours: fields about them, as a program has them that passes on what it got from another server, are
 * left out of `base[0 .. length)`, or one message would have two ends. Returns the length of the rest.
 */
function withoutFraming(base: usize, length: i32): i32 {
  hasLength = false;
  let kept = 0;
  let start = 0;
  for (let at = 0; at < length; at++) {
    if (load<u8>(base + at) != LF) continue;
    const size = at + 1 - start;
    if (!isFraming(base + start, size)) {
      if (kept != start) memory.copy(base + kept, base + start, size);
      kept += size;
    }
    start = at + 1;
  }
  return kept;
}

function isFraming(line: usize, size: i32): bool {
  const first = load<u8>(line) | 32;
  if (first == 100 && size > 5 && equalsIgnoringCase(line, 5, "date:")) {
    // One date is all a response has (RFC 9110 §6.6.1): the application's, where it is written as ours.
    if (size == dateLength) memory.copy(dateAt, line, size);
    return true;
  }
  // c, k, t: nothing else is looked at twice.
  if (first != 99 && first != 107 && first != 116) return false;
  if (size > 15 && equalsIgnoringCase(line, 15, "content-length:")) {
    hasLength = head.method == HEAD;
    return !hasLength;
  }
  return (
    (size > 11 && (equalsIgnoringCase(line, 11, "connection:") || equalsIgnoringCase(line, 11, "keep-alive:"))) ||
    (size > 18 && equalsIgnoringCase(line, 18, "transfer-encoding:"))
  );
}

/** 1xx, 204 and 304 have no body (RFC 9110 §6.4.1). */
function hasBody(status: i32): bool {
  return status >= 200 && status != 204 && status != 304;
}

/**
 * From the application: the whole response. `fields` is `Name: value CRLF` ..., already checked by the application side.
 */
export function http_respond(status: i32, contentType: i32, fields: u32, fieldsLength: i32, body: u32, bodyLength: i32, close: i32): void {
  if (responded) return;
  responded = true;
  const connection = current;
  if (close != 0) connection.closeAfterResponse = true;
  if (fieldsLength > fieldsLimit || status < 200 || status > 999) {
    status = 500;
    fieldsLength = 0;
    bodyLength = 0;
  }
  if (incomingLinked && isTooMuchToSkip(connection)) connection.closeAfterResponse = true;
  let to = writeHead(connection, status, contentType, fields, fieldsLength);
  if (hasBody(status) && !hasLength) {
    to = writeText(to, "Content-Length: ");
    to = writeDecimal(to, bodyLength);
    to = writeText(to, "\r\n");
  }
  to = writeText(to, "\r\n");
  used = <i32>(to - outgoing());
  if (!hasBody(status) || head.method == HEAD) return;
  while (bodyLength > 0 && connection.phase != CLOSED) {
    if (used == outgoingBytes) flush(connection);
    if (connection.pending != 0 && used == 0) {
      // The peer is slower than we are: the rest goes straight to where it waits.
      if (!reservePending(connection, bodyLength)) {
        connection.phase = CLOSED;
        return;
      }
      fromApplication(connection.pending + connection.pendingEnd, body, bodyLength);
      connection.pendingEnd += bodyLength;
      return;
    }
    const part = min(bodyLength, outgoingBytes - used);
    fromApplication(outgoing() + used, body, part);
    used += part;
    body += part;
    bodyLength -= part;
  }
}

/**
 * From the application: a response whose length is not known. `pull(handle, 0)` is called whenever the peer can take
 * more and calls `http_piece` or `http_finish`; `pull(handle, 1)` says that nobody wants the rest. Returns the handle.
 */
export function http_respond_stream(status: i32, contentType: i32, fields: u32, fieldsLength: i32, pull: i32): i32 {
  if (responded) return 0;
  streamingLinked = true;
  responded = true;
  const connection = current;
  if (fieldsLength > fieldsLimit || status < 200 || status > 999) {
    status = 500;
    fieldsLength = 0;
  }
  const chunked = head.minor == 1;
  // HTTP/1.0 knows only one end of such a body: the end of the connection.
  if (!chunked) connection.closeAfterResponse = true;
  let to = writeHead(connection, status, contentType, fields, fieldsLength);
  if (chunked && status != 204 && !hasLength) to = writeText(to, "Transfer-Encoding: chunked\r\n");
  to = writeText(to, "\r\n");
  used = <i32>(to - outgoing());
  if (hasBody(status) && head.method != HEAD) {
    connection.pull = pull;
    connection.sendsChunks = chunked;
    connection.paused = false;
    connection.phase = STREAMING;
  }
  return hasBody(status) && head.method != HEAD ? connection.handle : 0;
}

export function http_piece(piece: u32, length: i32): void {
  const connection = current;
  while (length > 0 && connection.phase != CLOSED) {
    const part = min(length, pieceSize);
    let to = makeRoom(connection, part + 16);
    if (connection.sendsChunks) to = writeText(writeHexadecimal(to, part), "\r\n");
    fromApplication(to, piece, part);
    to += part;
    if (connection.sendsChunks) to = writeText(to, "\r\n");
    used = <i32>(to - outgoing());
    piece += part;
    length -= part;
  }
}

export function http_finish(): void {
  const connection = current;
  connection.pull = 0;
  if (connection.sendsChunks) used = <i32>(writeText(makeRoom(connection, 16), "0\r\n\r\n") - outgoing());
}
