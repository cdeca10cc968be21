// Bodies of requests that are read as they come: how they begin, how the application reads them, what becomes of the rest.

import * as machine from "../machine";
import { Endpoint, endpointOf, HTTP_CONNECTION } from "../endpoints";
import { chunksOf, CLOSED, CLOSING, Connection, READING_BODY, READING_HEAD, releaseInput, reserveInput, scanOf } from "./connection";
import { head } from "./head";
import {
  beginBody, BODY_CHUNKED, BODY_FAILED, BODY_LENGTH, BODY_NONE, bodyIsOpen, fillBody, skipLimit, skipRest,
} from "./incoming";
import { current, refuse } from "./response";
import { resetScan } from "./scan";
import { close, dispatch, enqueue, finishResponse, working } from "./work";

/** A body of which there is more to come: the application reads it, from what is here already and then from the connection. */
export function dispatchOpen(connection: Connection, base: usize, start: i32, end: i32): void {
  const bodyAt = start + connection.headLength;
  // What there is of a chunked body has been decoded where it lies.
  const decoded = connection.isChunked ? chunksOf(connection).written : 0;
  const left = connection.isChunked ? decoded : end - bodyAt;
  if (base == connection.input) {
    connection.inputStart = bodyAt;
    connection.inputEnd = bodyAt + left;
  } else if (left > 0) {
    if (!reserveInput(connection, left)) {
      refuse(connection, 503);
      return;
    }
    memory.copy(connection.input, base + bodyAt, left);
    connection.inputEnd = left;
  }
  const framing = connection.isChunked ? BODY_CHUNKED : BODY_LENGTH;
  beginBody(connection, framing, head.contentLength, decoded, connection.listener.bodyLimit);
  connection.asksToContinue = head.expectsContinue && left == 0;
  connection.contentLength = 0;
  resetScan(scanOf(connection));
  connection.phase = READING_HEAD;
  connection.isDispatched = true;
  dispatch(connection, base + start);
  connection.isDispatched = false;
  if (connection.phase == READING_HEAD) finishResponse(connection);
  if (connection.inputStart == connection.inputEnd) releaseInput(connection);
  connection.hungry = false;
}

/** The answer is complete and the body of its request is not: a little is skipped, much is left to the end of the connection. */
export function leaveBody(connection: Connection): void {
  connection.bodyWanted = false;
  skipRest(connection);
  const isLost = connection.body == BODY_FAILED || (bodyIsOpen(connection) && (connection.closeAfterResponse || connection.asksToContinue));
  if (isLost) {
    connection.closeAfterResponse = true;
    connection.lingers = true;
  }
  connection.lingeredBytes = 0;
  const isOpen = bodyIsOpen(connection);
  if (!isOpen || isLost) connection.body = BODY_NONE;
  connection.phase = connection.closeAfterResponse ? CLOSING : isOpen ? READING_BODY : READING_HEAD;
}

/** One step of skipping; false when the connection has to wait. */
export function skipBody(connection: Connection): bool {
  const count = fillBody(connection);
  if (count == machine.AGAIN) {
    connection.bodyWanted = false;
    return false;
  }
  if (count > 0) {
    connection.lingeredBytes += count;
    if (connection.lingeredBytes <= skipLimit) return true;
    connection.lingers = true;
    connection.phase = CLOSING;
  } else {
    connection.phase = count == 0 ? READING_HEAD : CLOSED;
    connection.hungry = false;
  }
  connection.body = BODY_NONE;
  return connection.phase != CLOSED;
}

/**
 * From the application: makes the next bytes of a request's body ready for `http_take`, of the request being handled for handle 0.
 * How many, 0 at the end, again, closed when the peer has gone, or minus the status that fits.
 */
export function http_receive(handle: i32): i32 {
  let connection = current;
  if (handle != 0) {
    const endpoint = endpointOf(handle);
    if (endpoint == 0 || changetype<Endpoint>(endpoint).kind != HTTP_CONNECTION) return machine.CLOSED;
    connection = changetype<Connection>(endpoint);
    if (connection.body == BODY_NONE) return 0;
  }
  const count = fillBody(connection);
  if (connection.phase == CLOSED && handle != 0 && changetype<usize>(connection) != working) {
    close(connection);
    return machine.CLOSED;
  }
  // To wait with a timeout.
  if (count == machine.AGAIN && !connection.isDispatched && changetype<usize>(connection) != working) enqueue(connection);
  return count;
}

/** From the application, as long as it handles a request: -1: its body is complete; else how long it will be, -2: nobody knows. */
export function http_body_to_come(): i64 {
  if (!current.isDispatched) return -1;
  return current.body == BODY_LENGTH ? current.bodyLeft : -2;
}
