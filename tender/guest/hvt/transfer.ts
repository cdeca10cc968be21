/** Bytes between sockets and the shared buffers. */
import { close, EAGAIN, EINTR, MSG_NOSIGNAL, native, recvfrom, sendto, shutdown } from '../linux';
import {
  giveReceiveBuffer,
  giveSendBuffer,
  linkSendBuffer,
  nextSendBuffer,
  noBuffer,
  orphanReceiveBuffer,
  sendBufferLength,
  takeReceiveBuffer,
  takeSendBuffer,
} from './buffers';
import { Connection, connectionAt, connectionsUsed, ConnectionState, enqueue, Flag, freeConnection, handleOf, setClosing } from './connections';
import { Event, eventRoom, sendEvent } from './events';
import { bufferBytes, receiveBuffer, receiveBufferCount, sendBuffer } from './layout';
import { receiveFramed } from './outgoing';

const SHUT_WR: i64 = 1;

function receivePlain(connection: Connection, buffer: usize, length: usize): i64 {
  let count = recvfrom(connection.fd, native(buffer), length, 0, 0, 0);
  while (count == EINTR) count = recvfrom(connection.fd, native(buffer), length, 0, 0, 0);
  return count;
}

function receiveInto(connection: Connection, buffer: usize, length: usize): i64 {
  const isFramed = (connection.flags & Flag.framed) != 0;
  const count = isFramed ? receiveFramed(connection, buffer, length) : receivePlain(connection, buffer, length);
  // Less than asked for is all there is: the next bytes are an edge, and an end has been one already.
  if (count == EAGAIN || (count > 0 && count < <i64>length && (connection.flags & Flag.ending) == 0)) {
    connection.flags &= ~Flag.readable;
  }
  return count;
}

function endReading(connection: Connection, count: i64): void {
  connection.flags |= count == 0 ? Flag.ended : Flag.failed;
}

/** Reads ahead one buffer. The caller knows of room for an event. */
function readAhead(connection: Connection): void {
  const handle = handleOf(connection);
  const index = takeReceiveBuffer(handle);
  if (index == noBuffer) {
    connection.flags |= Flag.delivered;
    return sendEvent(Event.readable, handle, 0, 0);
  }
  const count = receiveInto(connection, receiveBuffer(index), bufferBytes);
  if (count > 0) {
    connection.flags |= Flag.delivered;
    connection.received = <u8>(index + 1);
    return sendEvent(Event.data, handle, index, <u32>count);
  }
  giveReceiveBuffer(index);
  if (count == EAGAIN) return;
  endReading(connection, count);
  if (count == 0) sendEvent(Event.end, handle, 0, 0);
}

/** Receives because the guest asks: bytes in the buffer for that, 0 at the end, -1 nothing yet, -2 failed. */
export function receiveOnDemand(connection: Connection, length: u32): i32 {
  if ((connection.flags & Flag.failed) != 0) return -2;
  if ((connection.flags & Flag.ended) != 0) return 0;
  const count = receiveInto(connection, receiveBuffer(receiveBufferCount), length);
  if (count <= 0 || count < <i64>length) letReadAhead(connection);
  if (count > 0) return <i32>count;
  if (count == EAGAIN) return -1;
  endReading(connection, count);
  return count == 0 ? 0 : -2;
}

/** The guest has read everything it was told of. */
export function letReadAhead(connection: Connection): void {
  connection.flags &= ~Flag.delivered;
  if ((connection.flags & Flag.readable) != 0) enqueue(connection);
}

export function dropSends(connection: Connection): void {
  let index: u32 = connection.firstSend;
  while (index != 0) {
    const next = nextSendBuffer(index - 1);
    giveSendBuffer(index - 1);
    index = next;
  }
  connection.firstSend = 0;
  connection.lastSend = 0;
  connection.sentBytes = 0;
}

function flushSends(connection: Connection): void {
  if ((connection.flags & Flag.connecting) != 0) return;
  while (connection.firstSend != 0 && (connection.flags & Flag.writable) != 0) {
    const index: u32 = connection.firstSend - 1;
    const left = sendBufferLength(index) - connection.sentBytes;
    const count = sendto(connection.fd, native(sendBuffer(index) + connection.sentBytes), left, MSG_NOSIGNAL, 0, 0);
    if (count == EINTR) continue;
    if (count == EAGAIN) {
      connection.flags &= ~Flag.writable;
    } else if (count < 0) {
      connection.flags |= Flag.failed;
      dropSends(connection);
    } else if (<u32>count < left) {
      connection.sentBytes += <u16>count;
    } else {
      connection.firstSend = <u8>nextSendBuffer(index);
      connection.sentBytes = 0;
      giveSendBuffer(index);
    }
  }
  if (connection.firstSend != 0) return;
  if ((connection.flags & Flag.shutsDown) != 0) {
    connection.flags &= ~Flag.shutsDown;
    if (connection.fd >= 0) shutdown(connection.fd, SHUT_WR);
  }
  if (connection.state == ConnectionState.closing) {
    if (connection.fd >= 0) close(connection.fd);
    freeConnection(connection);
  }
}

/** `index` is the guest's and `length` fits into it. */
export function sendBytes(connection: Connection, index: u32, length: u32): void {
  takeSendBuffer(index, length);
  if ((connection.flags & Flag.failed) != 0) return giveSendBuffer(index);
  if (connection.firstSend == 0) connection.firstSend = <u8>(index + 1);
  else linkSendBuffer(connection.lastSend - 1, index);
  connection.lastSend = <u8>(index + 1);
  flushSends(connection);
  if ((connection.flags & Flag.failed) != 0) enqueue(connection);
}

export function shutDownConnection(connection: Connection): void {
  connection.flags |= Flag.shutsDown;
  flushSends(connection);
}

/** What was sent before is still delivered. */
export function closeConnection(connection: Connection): void {
  if (connection.received != 0) orphanReceiveBuffer(connection.received - 1);
  connection.received = 0;
  if ((connection.flags & Flag.connecting) != 0) {
    dropSends(connection);
    connection.state = ConnectionState.abandoned;
    return;
  }
  setClosing(connection);
  if ((connection.flags & Flag.failed) != 0) dropSends(connection);
  flushSends(connection);
}

/** The guest has ended: what it has sent still goes out, as from a process that has ended. */
export function closeAll(): void {
  for (let i: u32 = 0; i < connectionsUsed; i++) {
    const connection = connectionAt(i);
    if (connection.state == ConnectionState.open && connection.firstSend != 0) closeConnection(connection);
  }
}

/** Does what can be done for it now; false when the event ring has no room for all of it. */
export function serveConnection(connection: Connection): bool {
  flushSends(connection);
  if (connection.state != ConnectionState.open) return true;
  if (eventRoom() < 3) return false;
  const handle = handleOf(connection);
  if ((connection.flags & (Flag.readable | Flag.delivered | Flag.ended | Flag.failed)) == Flag.readable) readAhead(connection);
  if ((connection.flags & (Flag.failed | Flag.failureTold)) == Flag.failed) {
    connection.flags |= Flag.failureTold;
    sendEvent(Event.failed, handle, 0, 0);
  }
  if ((connection.flags & Flag.wanted) != 0 && connection.firstSend == 0) {
    connection.flags &= ~Flag.wanted;
    sendEvent(Event.writable, handle, 0, 0);
  }
  return true;
}
