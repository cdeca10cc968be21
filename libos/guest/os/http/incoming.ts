// A body that is read as it comes, of a request (server) or of a response (client): nothing is received faster than the
// application asks for it, so what the application does not read stays with the peer.

import * as machine from "../machine";
import { toApplication } from "../bridge";
import { scratch, scratchBytes } from "../scratch";
import { chunksFinished, decodeChunks } from "./chunked";
import { chunksOf, CLOSED, Connection, releaseInput, reserveInput } from "./connection";
import { sendContinue } from "./response";

/** No body, or it has been complete before anybody asked. */
export const BODY_NONE = 0;
/** So many bytes as its head says. */
export const BODY_LENGTH = 1;
export const BODY_CHUNKED = 2;
/** All there is until the connection ends (responses only: RFC 9112 §6.3 item 8). */
export const BODY_UNTIL_END = 3;
/** All of it has been received. */
export const BODY_COMPLETE = 4;
/** It breaks off; `bodyFailure` says why. */
export const BODY_FAILED = 5;

/** Set by whoever reads a body as it comes: without it, that is not in the image. */
export let incomingLinked: bool = false;

export function linkIncoming(): void {
  incomingLinked = true;
}

let isDispatching: bool = false;

/**
 * While the application is called with a request, the buffer that everything is received in holds its head and the requests behind
 * it. Whoever else reads then, as the application goes on with something it began before, waits for a moment.
 */
export function setDispatching(value: bool): void {
  isDispatching = value;
}

/** The peer is gone (machine.CLOSED) or minus a status. */
export function failBody(connection: Connection, failure: i32): void {
  connection.body = BODY_FAILED;
  connection.bodyFailure = failure;
}

/**
 * The body that follows a head. `decoded` bytes of a chunked one lie decoded at the front of the input already; `limit` is what
 * it may come to.
 */
export function beginBody(connection: Connection, framing: i32, length: i64, decoded: i32, limit: i64): void {
  connection.body = framing;
  connection.bodyLeft = framing == BODY_LENGTH ? length : limit - decoded;
  connection.bodyDecoded = decoded;
  connection.bodyWanted = false;
}

/** True as long as there are bytes of it to come from the peer or from the input. */
export function bodyIsOpen(connection: Connection): bool {
  return connection.body >= BODY_LENGTH && connection.body <= BODY_UNTIL_END;
}

let readyPtr: usize = 0;
let readyLength: i32 = 0;
let readyFrom: Connection = changetype<Connection>(0);

/** Takes bytes of the body out of `base[from .. to)`: how many were used, or minus a status. */
function decode(connection: Connection, base: usize, from: i32, to: i32): i32 {
  readyPtr = base + from;
  if (connection.body == BODY_CHUNKED) {
    const chunks = chunksOf(connection);
    chunks.written = 0;
    const limit = <i32>min<i64>(connection.bodyLeft, i32.MAX_VALUE);
    const used = decodeChunks(chunks, readyPtr, 0, to - from, limit);
    if (used < 0) return used;
    readyLength = chunks.written;
    connection.bodyLeft -= readyLength;
    if (chunksFinished(chunks)) connection.body = BODY_COMPLETE;
    return used;
  }
  readyLength = to - from;
  if (connection.body == BODY_LENGTH) {
    readyLength = <i32>min<i64>(connection.bodyLeft, readyLength);
    connection.bodyLeft -= readyLength;
    if (connection.bodyLeft == 0) connection.body = BODY_COMPLETE;
  }
  return readyLength;
}

function give(connection: Connection): i32 {
  readyFrom = connection;
  return readyLength;
}

function releaseEmpty(connection: Connection): void {
  if (!connection.isDispatched && connection.inputStart == connection.inputEnd) releaseInput(connection);
}

/** What is here of a body that nobody wants any more. */
export function skipRest(connection: Connection): void {
  connection.inputStart += connection.bodyDecoded;
  connection.bodyDecoded = 0;
}

/** Announced, a body of this length is not waited for when its request is answered without it. */
export const skipLimit: i32 = 65536;

/** Where the connection cannot serve another request: a response to this one says so. */
export function isTooMuchToSkip(connection: Connection): bool {
  if (connection.body == BODY_FAILED) return true;
  if (!bodyIsOpen(connection)) return false;
  return connection.asksToContinue || (connection.body == BODY_LENGTH && connection.bodyLeft > skipLimit);
}

function refused(connection: Connection, failure: i32): i32 {
  failBody(connection, failure);
  connection.inputStart = connection.inputEnd;
  releaseEmpty(connection);
  return failure;
}

function wait(connection: Connection): i32 {
  connection.bodyWanted = true;
  return machine.AGAIN;
}

/**
 * Makes the next bytes of the body ready to be taken at once: how many, 0 at its end, again when they have yet to come (the
 * application is called then), or what `bodyFailure` holds.
 */
export function fillBody(connection: Connection): i32 {
  connection.bodyWanted = false;
  if (connection.bodyDecoded > 0) {
    readyPtr = connection.input + connection.inputStart;
    readyLength = connection.bodyDecoded;
    connection.inputStart += readyLength;
    connection.bodyDecoded = 0;
    return give(connection);
  }
  if (connection.body == BODY_FAILED) return connection.bodyFailure;
  if (connection.input != 0 && bodyIsOpen(connection)) {
    const used = decode(connection, connection.input, connection.inputStart, connection.inputEnd);
    if (used < 0) return refused(connection, used);
    connection.inputStart += used;
    if (readyLength > 0) return give(connection);
    releaseEmpty(connection);
  }
  if (!bodyIsOpen(connection)) return 0;
  if (connection.phase == CLOSED) return refused(connection, machine.CLOSED);
  if (connection.asksToContinue) {
    // RFC 9110 §10.1.1: the peer waits for this with its body.
    connection.asksToContinue = false;
    sendContinue(connection);
    if (connection.phase == CLOSED) return refused(connection, machine.CLOSED);
  }
  if (isDispatching) return wait(connection);
  while (connection.readable) {
    const count = machine.sock_receive(connection.handle, scratch(), scratchBytes);
    if (count == machine.AGAIN) {
      connection.readable = false;
      break;
    }
    if (count <= 0) {
      if (count == 0 && connection.body == BODY_UNTIL_END) {
        connection.body = BODY_COMPLETE;
        return 0;
      }
      connection.hungUp = true;
      return refused(connection, machine.CLOSED);
    }
    if (count < scratchBytes && !connection.hungUp) connection.readable = false;
    connection.progressed = true;
    const used = decode(connection, scratch(), 0, count);
    if (used < 0) return refused(connection, used);
    if (used < count) {
      // What follows the body: the next request on the connection.
      const left = count - used;
      if (!reserveInput(connection, left)) return refused(connection, machine.CLOSED);
      memory.copy(connection.input + connection.inputEnd, scratch() + used, left);
      connection.inputEnd += left;
    }
    if (readyLength > 0) return give(connection);
    if (!bodyIsOpen(connection)) return 0;
  }
  return wait(connection);
}

/** From the application: the bytes that the last `http_receive` made ready. */
export function http_take(applicationPtr: u32): void {
  toApplication(applicationPtr, readyPtr, readyLength);
  const connection = readyFrom;
  readyLength = 0;
  releaseEmpty(connection);
}
