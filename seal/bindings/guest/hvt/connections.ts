// Connections as the guest sees them, events from the monitor, and the buffers both share.

import * as linux from "./linux";
import {
  bufferBytes,
  canExtendSend,
  CLOSE,
  command,
  connectionTable,
  doneCapacity,
  doneHead,
  doneRing,
  eventCapacity,
  eventHead,
  eventRing,
  eventTail,
  flush,
  freeSendBuffers,
  lastSend,
  LISTEN,
  receiveBuffer,
  receiveBufferCount,
  receiveNow,
  RELEASE,
  SEND,
  sendBuffer,
  sendBufferCount,
  sendOwners,
  SHUTDOWN,
  WANT,
} from "./hypercalls";

export const AGAIN = -1;
export const CLOSED = -2;
export const INVALID = -3;

const READABLE: u32 = 1;
const WRITABLE: u32 = 2;
const HANGUP: u32 = 4;

// Kinds of events.
const ACCEPTED = 1;
const DATA = 2;
const ON_DEMAND = 3;
const END = 4;
const ROOM = 5;
const FAILED = 6;

/** Handles below this one are listening sockets. */
export const firstHandle: i32 = 16;
const handleLimit: i32 = 16 + 4096;

// An entry: state u8, flags u8, receive buffer + 1 u8, send buffers on their way u8, offset u16, end u16, next handle u32.
// A listener's: 0, 0, 0, 0, first waiting handle u32, last waiting handle u32.
const STATE = 0;
export const FLAGS = 1;
const BUFFER = 2;
const SENDING = 3;
const OFFSET = 4;
const LENGTH = 8;
const NEXT = 12;
const FIRST = 4;
const LAST = 8;

const FREE = 0;
const WAITING = 1;
const OPEN = 2;

const HAS_ENDED = 1;
const HAS_FAILED = 2;
const IS_ON_DEMAND = 4;
const HAS_ASKED = 8;

/** Of one connection, so that one that reads slowly leaves the others some. */
const mostSending = 8;

export let openConnections: i32 = 0;
/** The tender takes no connections any more: end with the last one. */
export let draining: bool = false;

let freeCount: i32 = 0;
let freshCount: i32 = 0;
let doneTail: u32 = 0;

export function entryOf(handle: i32): i64 {
  return connectionTable + (<i64>handle << 4);
}

export function isOpen(handle: i32): bool {
  return handle >= firstHandle && handle < handleLimit && linux.peek8(entryOf(handle) + STATE) == OPEN;
}

function address(ptr: usize): i64 {
  return linux.memory_base() + <i64>(<u64>(<u32>ptr));
}

/** The guest's own memory is not left, whatever the program says. */
export function isInMemory(ptr: usize, len: i32): bool {
  return <u64>(<u32>ptr) + <u64>(<u32>len) <= <u64>memory.size() << 16;
}

// Events

function onAccepted(listener: i32, handle: i32): void {
  const entry = entryOf(handle);
  linux.poke64(entry, WAITING);
  linux.poke64(entry + 8, 0);
  const queue = entryOf(listener);
  const last = linux.peek32(queue + LAST);
  if (last == 0) linux.poke32(queue + FIRST, handle);
  else linux.poke32(entryOf(last) + NEXT, handle);
  linux.poke32(queue + LAST, handle);
  openConnections++;
}

export function setFlag(entry: i64, flag: i32): void {
  linux.poke8(entry + FLAGS, linux.peek8(entry + FLAGS) | flag);
}

export function clearFlag(entry: i64, flag: i32): void {
  linux.poke8(entry + FLAGS, linux.peek8(entry + FLAGS) & ~flag);
}

/** What is to be reported of a connection; 0: nothing. */
function onConnectionEvent(entry: i64, kind: i32, buffer: i32, length: i32): u32 {
  if (linux.peek8(entry + STATE) == FREE) {
    // Closed since; what came for it goes back unread.
    if (kind == DATA) command(RELEASE, 0, buffer, 0);
    return 0;
  }
  switch (kind) {
    case DATA:
      linux.poke8(entry + BUFFER, buffer + 1);
      linux.poke32(entry + OFFSET, 0);
      linux.poke32(entry + LENGTH, length);
      return READABLE;
    case ON_DEMAND:
      setFlag(entry, IS_ON_DEMAND);
      return READABLE;
    case END:
      setFlag(entry, HAS_ENDED);
      return READABLE | HANGUP;
    case ROOM:
      clearFlag(entry, HAS_ASKED);
      return WRITABLE;
    case FAILED:
      setFlag(entry, HAS_FAILED);
      return READABLE | WRITABLE | HANGUP;
    default:
      return 0;
  }
}

/** Writes at most `capacity` records of events that are here already; those of a busy listener are one. */
export function takeEvents(ptr: usize, capacity: i32): i32 {
  let count = 0;
  let tail = <u32>linux.peek32(eventTail);
  let previous = -1;
  while (count < capacity && tail != <u32>linux.peek32(eventHead)) {
    const event = eventRing + (<i64>(tail & (eventCapacity - 1)) << 4);
    tail++;
    const kind = linux.peek32(event);
    const handle = linux.peek32(event + 4);
    let ready: u32 = 0;
    if (handle >= firstHandle) {
      ready = onConnectionEvent(entryOf(handle), kind, linux.peek32(event + 8), linux.peek32(event + 12));
    } else if (kind == ACCEPTED) {
      onAccepted(handle, linux.peek32(event + 8));
      if (handle != previous) ready = READABLE;
    } else {
      draining = true;
      ready = HANGUP;
    }
    if (ready == 0) continue;
    const to = ptr + (<usize>count << 3);
    store<u32>(to, handle);
    store<u32>(to, ready, 4);
    previous = handle;
    count++;
  }
  linux.poke32(eventTail, tail);
  return count;
}

// Send buffers

function takeDone(): void {
  const head = <u32>linux.peek32(doneHead);
  for (; doneTail != head; doneTail++) {
    const index = linux.peek32(doneRing + (<i64>(doneTail & (doneCapacity - 1)) << 2));
    const owner = linux.peek32(sendOwners + (<i64>index << 2));
    linux.poke32(freeSendBuffers + (<i64>freeCount << 2), index);
    freeCount++;
    // 0: closed since.
    if (owner == 0) continue;
    const entry = entryOf(owner);
    linux.poke8(entry + SENDING, linux.peek8(entry + SENDING) - 1);
  }
}

/** -1: all are on their way. */
function takeSendBuffer(handle: i32): i32 {
  let index = freshCount;
  if (freeCount > 0) {
    freeCount--;
    index = linux.peek32(freeSendBuffers + (<i64>freeCount << 2));
  } else if (freshCount < sendBufferCount) {
    freshCount++;
  } else {
    return -1;
  }
  linux.poke32(sendOwners + (<i64>index << 2), handle);
  return index;
}

/** Buffers of a connection that is closed count for nobody. */
function disownSends(handle: i32): void {
  for (let i = 0; i < freshCount; i++) {
    const at = sendOwners + (<i64>i << 2);
    if (linux.peek32(at) == handle) linux.poke32(at, 0);
  }
}

// Calls

export function listenOn(index: i32): void {
  command(LISTEN, index, 0, 0);
}

/** A handle that the monitor has given to a connection this guest makes. */
export function adopt(handle: i32): void {
  linux.poke64(entryOf(handle), OPEN);
  linux.poke64(entryOf(handle) + 8, 0);
  openConnections++;
}

export function accept(listener: i32): i32 {
  const queue = entryOf(listener);
  const handle = linux.peek32(queue + FIRST);
  if (handle == 0) return AGAIN;
  const entry = entryOf(handle);
  const next = linux.peek32(entry + NEXT);
  linux.poke32(queue + FIRST, next);
  if (next == 0) linux.poke32(queue + LAST, 0);
  linux.poke8(entry + STATE, OPEN);
  return handle;
}

function receiveOnDemand(handle: i32, entry: i64, ptr: usize, len: i32): i32 {
  const wanted = min(len, bufferBytes);
  const count = receiveNow(handle, wanted);
  if (count < wanted) clearFlag(entry, IS_ON_DEMAND);
  if (count > 0) linux.copy(address(ptr), receiveBuffer(receiveBufferCount), <i64>count);
  if (count == 0) setFlag(entry, HAS_ENDED);
  if (count == CLOSED) setFlag(entry, HAS_FAILED);
  return count;
}

export function sock_receive(handle: i32, ptr: usize, len: i32): i32 {
  if (!isOpen(handle) || !isInMemory(ptr, len)) return INVALID;
  if (len == 0) return 0;
  const entry = entryOf(handle);
  const buffer = linux.peek8(entry + BUFFER);
  if (buffer != 0) {
    const offset = linux.peek32(entry + OFFSET);
    const left = linux.peek32(entry + LENGTH) - offset;
    const count = <i32>min<u32>(left, len);
    linux.copy(address(ptr), receiveBuffer(buffer - 1) + <i64>offset, <i64>count);
    linux.poke32(entry + OFFSET, offset + count);
    if (count == left) {
      linux.poke8(entry + BUFFER, 0);
      command(RELEASE, handle, buffer - 1, 0);
    }
    return count;
  }
  const flags = linux.peek8(entry + FLAGS);
  if ((flags & HAS_FAILED) != 0) return CLOSED;
  if ((flags & HAS_ENDED) != 0) return 0;
  return (flags & IS_ON_DEMAND) != 0 ? receiveOnDemand(handle, entry, ptr, len) : AGAIN;
}

/** Adds to the message that is put into the ring already, so that head and body of a response leave as one. */
function extendSend(handle: i32, from: i64, len: i32): i32 {
  if (!canExtendSend(handle)) return 0;
  const length = linux.peek32(lastSend + 12);
  const count = min(len, bufferBytes - length);
  if (count <= 0) return 0;
  linux.copy(sendBuffer(linux.peek32(lastSend + 8)) + <i64>length, from, <i64>count);
  linux.poke32(lastSend + 12, length + count);
  return count;
}

export function sock_send(handle: i32, ptr: usize, len: i32): i32 {
  if (!isOpen(handle) || !isInMemory(ptr, len)) return INVALID;
  if (len == 0) return 0;
  const entry = entryOf(handle);
  if ((linux.peek8(entry + FLAGS) & HAS_FAILED) != 0) return CLOSED;
  takeDone();
  const size = <i32>min<u32>(len, 0x4000_0000);
  let sent = extendSend(handle, address(ptr), size);
  let hasFlushed = false;
  while (sent < size) {
    const index = linux.peek8(entry + SENDING) < mostSending ? takeSendBuffer(handle) : -1;
    if (index < 0) {
      // What is in the ring may be on its way at once: then there is room again without a wait.
      if (hasFlushed) break;
      hasFlushed = true;
      flush();
      takeDone();
      continue;
    }
    const part = min(size - sent, bufferBytes);
    linux.copy(sendBuffer(index), address(ptr + sent), <i64>part);
    linux.poke8(entry + SENDING, linux.peek8(entry + SENDING) + 1);
    command(SEND, handle, index, part);
    sent += part;
  }
  if (sent < size && (linux.peek8(entry + FLAGS) & HAS_ASKED) == 0) {
    setFlag(entry, HAS_ASKED);
    command(WANT, handle, 0, 0);
  }
  return sent > 0 ? sent : AGAIN;
}

export function sock_shutdown(handle: i32): i32 {
  if (!isOpen(handle)) return INVALID;
  command(SHUTDOWN, handle, 0, 0);
  return 0;
}

/** Listening sockets belong to the tender and cannot be closed. */
export function sock_close(handle: i32): i32 {
  if (!isOpen(handle)) return INVALID;
  const entry = entryOf(handle);
  const buffer = linux.peek8(entry + BUFFER);
  if (buffer != 0) command(RELEASE, handle, buffer - 1, 0);
  takeDone();
  if (linux.peek8(entry + SENDING) != 0) disownSends(handle);
  linux.poke8(entry + STATE, FREE);
  command(CLOSE, handle, 0, 0);
  openConnections--;
  return 0;
}
