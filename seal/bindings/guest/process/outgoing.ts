// Outgoing connections in the `process` target (docs/tender.md). The image asks the tender on a socket of its own and gets
// each connection as a descriptor from there. A handle exists before: it is a copy of /dev/null, whose place the
// connection takes when it comes. What comes from the peer is framed (tender/egress/carry.ts).

import * as linux from "./linux";
import {
  address,
  AGAIN,
  CLOSED,
  DENIED,
  EPOLL,
  HANGUP,
  INVALID,
  lastClock,
  LIMIT,
  MSG_NOSIGNAL,
  READABLE,
  REFUSED,
  resultOf,
  size,
  takeListenersFrom,
  watch,
} from "./sockets";

/** Word of the boot block: the descriptor to ask on, 0: there are no outgoing connections. */
const REQUESTS = 6;
/** Marks it in the data of an event. */
export const REQUEST: u64 = 2 << 32;

// The machine page: for one call at a time.
const message: usize = 128;
const vector: usize = 192;
const control: usize = 208;
const reply: usize = 240;
const request: usize = 256;
const longestTarget: i32 = 300;

// A table of what is connecting or connected. An entry: descriptor u16, state u8, bytes of the frame's header that have
// come u8, bytes of the frame that are to come u32 (while the header comes: its bytes).
const table: usize = 2048;
const entryBytes: usize = 8;
const tableEnd: usize = 4096;
const FD: usize = 0;
const STATE: usize = 2;
const HEADER: usize = 3;
const LEFT: usize = 4;

const FREE = 0;
const CONNECTING = 1;
/** And `sock_shutdown` was called. */
const CONNECTING_SHUT = 2;
/** Closed before there was an answer: the place is kept until that comes. */
const ABANDONED = 3;
const CONNECTED = 4;
/** The peer's end has been received. */
const ENDED = 5;
/** Cut off: what came last was no end. */
const BROKEN = 6;
const NOT_ALLOWED = 7;
const NOT_CONNECTED = 8;
/** Added to a failure that has not been reported. */
const UNTOLD = 16;

const headerBytes: u32 = 4;
/** A frame's length that means nothing: the egress asks whether anybody is there. */
const probe: u32 = 0xffff_ffff;

/** F_DUPFD_CLOEXEC */
const DUPLICATE: i64 = 1030;
const CLOSE_ON_EXEC: i64 = 0o2000000;

/** Entries at and above this place have never been used. */
let used: usize = table;
let hasAsked: bool = false;
export let untoldCount: i32 = 0;
/** Handles that are not closed. */
export let openOutgoing: i32 = 0;
/** When one was used last. */
export let lastUse: i64 = 0;

function stateOf(entry: usize): i32 {
  return load<u8>(entry, STATE);
}

function setState(entry: usize, state: i32): void {
  store<u8>(entry, state, STATE);
}

/** Entry of a handle; 0: it is none of an outgoing connection. */
export function find(handle: i32): usize {
  for (let entry = table; entry < used; entry += entryBytes) {
    if (load<u16>(entry, FD) == <u32>handle && stateOf(entry) != FREE && stateOf(entry) != ABANDONED) return entry;
  }
  return 0;
}

function freeEntry(): usize {
  for (let entry = table; entry < used; entry += entryBytes) if (stateOf(entry) == FREE) return entry;
  if (used == tableEnd) return 0;
  used += entryBytes;
  return used - entryBytes;
}

/** The descriptor to ask on, watched from the first time on. */
function requests(): i64 {
  const descriptor = linux.boot(REQUESTS);
  if (descriptor == 0 || hasAsked) return descriptor;
  takeListenersFrom(<i32>descriptor);
  hasAsked = watch(descriptor, linux.EPOLLIN, REQUEST) >= 0;
  return hasAsked ? descriptor : 0;
}

export function sock_connect(ptr: usize, len: i32): i32 {
  if (len <= 0 || len > longestTarget || <u64>ptr + len > <u64>memory.size() << 16) return INVALID;
  const descriptor = requests();
  if (descriptor == 0) return DENIED;
  const entry = freeEntry();
  if (entry == 0) return LIMIT;
  const handle = linux.fcntl(0, DUPLICATE, 0);
  if (handle < 0) return LIMIT;
  store<u32>(request, <u32>((entry - table) / entryBytes));
  memory.copy(request + 4, ptr, len);
  const sent = linux.sendto(descriptor, address(request), size(len + 4), MSG_NOSIGNAL, 0, 0);
  if (sent < 0) {
    linux.close(handle);
    // As many are on their way as may be, or the tender has stopped to listen.
    return sent == linux.EAGAIN ? LIMIT : DENIED;
  }
  store<u32>(entry, <u32>handle);
  setState(entry, CONNECTING);
  openOutgoing++;
  lastUse = lastClock;
  return <i32>handle;
}

function setFailure(entry: usize, state: i32): void {
  setState(entry, state | UNTOLD);
  untoldCount++;
}

/** The connection takes the place of its handle. */
function connect(entry: usize, descriptor: i64): void {
  const handle = <i64>load<u16>(entry, FD);
  const state = stateOf(entry);
  const placed = linux.dup3(descriptor, handle, CLOSE_ON_EXEC);
  linux.close(descriptor);
  if (placed < 0 || watch(handle, linux.EPOLLIN | linux.EPOLLOUT | linux.EPOLLRDHUP, 0) < 0) return setFailure(entry, BROKEN);
  if (state == CONNECTING_SHUT) linux.shutdown(handle, 1);
  setState(entry, CONNECTED);
  store<u8>(entry, 0, HEADER);
  store<u32>(entry, 0, LEFT);
}

/** `descriptor`: -1, there is none. */
function onReply(entry: usize, result: i32, descriptor: i64): void {
  const state = stateOf(entry);
  if (state == CONNECTING || state == CONNECTING_SHUT) {
    if (descriptor >= 0) return connect(entry, descriptor);
    return setFailure(entry, result == DENIED ? NOT_ALLOWED : NOT_CONNECTED);
  }
  if (descriptor >= 0) linux.close(descriptor);
  if (state == ABANDONED) setState(entry, FREE);
}

/** All the tender has said. */
export function takeReplies(): void {
  const descriptor = linux.boot(REQUESTS);
  while (true) {
    // struct msghdr: name, its length, iovec, their number, control, its length, flags
    memory.fill(message, 0, 56);
    store<i64>(message, address(vector), 16);
    store<i64>(message, 1, 24);
    store<i64>(message, address(control), 32);
    store<i64>(message, 24, 40);
    store<i64>(vector, address(reply));
    store<i64>(vector, 8, 8);
    const length = linux.recvmsg(descriptor, address(message), 0);
    if (length == linux.EINTR) continue;
    if (length < 0) return;
    if (length < 8) return abandon();
    // struct cmsghdr: u64 length, u32 level, u32 type, then the descriptor. None came when this process has too many.
    const received = load<i64>(message, 40) >= 20 ? <i64>load<u32>(control, 16) : -1;
    const index = load<u32>(reply);
    if (index < <u32>(used - table) / entryBytes) onReply(table + index * entryBytes, load<i32>(reply, 4), received);
    else if (received >= 0) linux.close(received);
  }
}

/** The tender says nothing more: nothing that is connecting will be connected. */
function abandon(): void {
  linux.epoll_ctl(linux.boot(EPOLL), 2, linux.boot(REQUESTS), 0);
  for (let entry = table; entry < used; entry += entryBytes) onReply(entry, NOT_CONNECTED, -1);
}

/** Records of failures nobody has been told of, as many as there is room for. */
export function tellFailures(ptr: usize, capacity: i32): i32 {
  let count = 0;
  for (let entry = table; entry < used && untoldCount > 0 && count < capacity; entry += entryBytes) {
    const state = stateOf(entry);
    if ((state & UNTOLD) == 0) continue;
    setState(entry, state & ~UNTOLD);
    untoldCount--;
    store<u32>(ptr + (<usize>count << 3), load<u16>(entry, FD));
    store<u32>(ptr + (<usize>count << 3), READABLE | HANGUP, 4);
    count++;
  }
  return count;
}

/** What a call on a connection that has nothing to give says. */
function verdict(entry: usize): i32 {
  switch (stateOf(entry) & ~UNTOLD) {
    case CONNECTED:
    case CONNECTING:
    case CONNECTING_SHUT: return AGAIN;
    case ENDED: return 0;
    case NOT_ALLOWED: return DENIED;
    case NOT_CONNECTED: return REFUSED;
    default: return CLOSED;
  }
}

/** At the end of a frame: reads the next one's header as far as it is there. False: nothing more comes now. */
function nextFrame(entry: usize): bool {
  const have: u32 = load<u8>(entry, HEADER);
  const count = linux.recvfrom(<i64>load<u16>(entry, FD), address(entry + LEFT + have), <i64>(headerBytes - have), 0, 0, 0);
  if (count == linux.EINTR) return true;
  if (count == linux.EAGAIN) return false;
  if (count <= 0) {
    setState(entry, BROKEN);
    return false;
  }
  const got = have + <u32>count;
  store<u8>(entry, got, HEADER);
  if (got < headerBytes) return true;
  const length = load<u32>(entry, LEFT);
  if (length == 0) {
    setState(entry, ENDED);
    return false;
  }
  if (length == probe) {
    store<u8>(entry, 0, HEADER);
    store<u32>(entry, 0, LEFT);
  }
  return true;
}

/** Fills as much as is there: fewer bytes than asked for mean that the next ones will be reported. */
export function receiveFramed(entry: usize, ptr: usize, len: i32): i32 {
  lastUse = lastClock;
  let total = 0;
  while (total < len && stateOf(entry) == CONNECTED) {
    if (load<u8>(entry, HEADER) < headerBytes) {
      if (!nextFrame(entry)) break;
      continue;
    }
    const left = load<u32>(entry, LEFT);
    const count = linux.recvfrom(<i64>load<u16>(entry, FD), address(ptr + total), size(min<u32>(left, len - total)), 0, 0, 0);
    if (count == linux.EINTR) continue;
    if (count == linux.EAGAIN) break;
    if (count == linux.EFAULT) return total > 0 ? total : INVALID;
    if (count <= 0) {
      setState(entry, BROKEN);
      break;
    }
    total += <i32>count;
    store<u32>(entry, left - <u32>count, LEFT);
    if (left == <u32>count) store<u8>(entry, 0, HEADER);
  }
  return total > 0 || len == 0 ? total : verdict(entry);
}

export function sendOutgoing(entry: usize, ptr: usize, len: i32): i32 {
  lastUse = lastClock;
  const state = stateOf(entry);
  if (state != CONNECTED && state != ENDED) return verdict(entry);
  return resultOf(linux.sendto(<i64>load<u16>(entry, FD), address(ptr), size(len), MSG_NOSIGNAL, 0, 0));
}

export function shutDownOutgoing(entry: usize): i32 {
  const state = stateOf(entry);
  if (state == CONNECTING) setState(entry, CONNECTING_SHUT);
  if (state != CONNECTED && state != ENDED) return 0;
  return resultOf(linux.shutdown(<i64>load<u16>(entry, FD), 1));
}

export function closeOutgoing(entry: usize): i32 {
  const state = stateOf(entry);
  if ((state & UNTOLD) != 0) untoldCount--;
  setState(entry, state == CONNECTING || state == CONNECTING_SHUT ? ABANDONED : FREE);
  openOutgoing--;
  return resultOf(linux.close(<i64>load<u16>(entry, FD)));
}
