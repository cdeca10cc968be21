// The calls of the machine ABI on Linux system calls, for the `process` target. Handles are file descriptors.
// Epoll is edge-triggered: one epoll_ctl per connection, none per wait. Scratch space is the machine page.

import * as linux from './linux';

export const AGAIN = -1;
export const CLOSED = -2;
export const INVALID = -3;
export const DENIED = -4;
export const LIMIT = -5;
export const REFUSED = -6;

export const READABLE: u32 = 1;
export const WRITABLE: u32 = 2;
export const HANGUP: u32 = 4;

// The machine page: bytes 0 .. 4095 of memory 0.
const timespec: usize = 16;
const event: usize = 64;
export const events: usize = 1024;
/** struct epoll_event is packed on x86-64: u32 events, u64 data. */
export const eventBytes: usize = 12;
export const eventCapacity: i32 = 64;

/** Words of the boot block. */
export const IDLE_NS = 1;
const ENVIRONMENT_LENGTH = 3;
const LISTENER_COUNT = 4;
export const EPOLL = 5;
const FIRST_LISTENER = 16;
const ENVIRONMENT = 32;

/** Marks listening sockets in the data of an event, beside the descriptor. */
const LISTENER: u64 = 1 << 32;

const SOCK_NONBLOCK_CLOEXEC: i64 = 0x80800;
export const MSG_NOSIGNAL: i64 = 0x4000;

/** A deadline this near is compared with a clock read anew; for others the loop's last reading is near enough. */
const nearNs: i64 = 1_000_000_000;

export let lastClock: i64 = 0;
export let openConnections: i32 = 0;
/** Since when no connection is open; 0 while one is. */
let idleSince: i64 = 0;
/** Descriptors up to this one are the tender's; above it there are connections only. */
export let lastListener: i32 = i32.MAX_VALUE;
/** The tender shut the listening sockets down: end with the last connection. */
export let draining: bool = false;

export function address(ptr: usize): i64 {
  return linux.memory_base() + <i64>(<u64>(<u32>ptr));
}

export function size(len: i32): i64 {
  return <i64>(<u64>(<u32>len));
}

export function resultOf(error: i64): i32 {
  if (error >= 0) return <i32>error;
  if (error == linux.EAGAIN || error == linux.EINTR) return AGAIN;
  if (error == linux.EBADF || error == linux.EFAULT || error == linux.EINVAL || error == linux.ENOTSOCK) return INVALID;
  if (error == linux.EMFILE || error == linux.ENFILE || error == linux.ENOBUFS || error == linux.ENOMEM) return LIMIT;
  return CLOSED;
}

export function console_write(ptr: usize, len: i32): void {
  let at = address(ptr);
  let left = size(len);
  while (left > 0) {
    const count = linux.write(1, at, left);
    if (count == linux.EINTR) continue;
    // The call has no result to say it by.
    if (count == linux.EFAULT) unreachable();
    // Nobody reads the console any more: the program goes on.
    if (count <= 0) return;
    at += count;
    left -= count;
  }
}

/** Since when no connection is open. */
export function startIdle(): i64 {
  if (idleSince == 0) idleSince = clock_monotonic();
  return idleSince;
}

function readClock(clock: i64): i64 {
  linux.clock_gettime(clock, address(timespec));
  return load<i64>(timespec) * 1_000_000_000 + load<i64>(timespec, 8);
}

export function clock_monotonic(): i64 {
  lastClock = readClock(1);
  return lastClock;
}

export function clock_wall(): i64 {
  return readClock(0);
}

export function entropy(ptr: usize, len: i32): void {
  // Up to 256 bytes getrandom is never interrupted and never short (getrandom(2)).
  if (<u32>len > 256 || linux.getrandom(address(ptr), size(len), 0) < 0) unreachable();
}

export function environ(ptr: usize, len: i32): i32 {
  const length = <i32>linux.boot(ENVIRONMENT_LENGTH);
  const count = <i32>min<u32>(<u32>length, <u32>len);
  for (let at = 0; at < count; at++) {
    const word = linux.boot(ENVIRONMENT + (at >> 3));
    store<u8>(ptr + at, <u8>(word >> ((at & 7) << 3)));
  }
  return length;
}

export function exit(status: i32): void {
  linux.exit_group(<i64>(status & 255));
  unreachable();
}

/** Milliseconds for epoll: -1 for ever, never too short. */
export function timeoutUntil(deadline: i64): i64 {
  if (deadline <= 0) return deadline < 0 ? -1 : 0;
  let left = deadline - lastClock;
  if (left < nearNs) left = deadline - clock_monotonic();
  if (left <= 0) return 0;
  return min<i64>((left + 999_999) / 1_000_000, 0x7fffffff);
}

export function wait(capacity: i32, timeoutMs: i64): i32 {
  const count = linux.epoll_pwait(linux.boot(EPOLL), address(events), <i64>capacity, timeoutMs, 0, 8);
  return count > 0 ? <i32>count : 0;
}

/** The record at `to` for event number `index` of the last wait. */
export function putRecord(index: i32, to: usize): void {
  const from = events + <usize>index * eventBytes;
  const bits = load<u32>(from);
  const data = load<u64>(from, 4);
  let ready: u32 = 0;
  if ((bits & linux.EPOLLIN) != 0) ready |= READABLE;
  if ((bits & linux.EPOLLOUT) != 0) ready |= WRITABLE;
  if ((bits & (linux.EPOLLHUP | linux.EPOLLERR | linux.EPOLLRDHUP)) != 0) {
    ready |= HANGUP;
    if ((data & LISTENER) != 0) draining = true;
  }
  store<u32>(to, <u32>data);
  store<u32>(to, ready, 4);
}

/** Waits until `until`, or to the end of the idle time, which ends the instance: then by `idleDeadline` at the latest. */
export function waitIdle(until: i64, idleDeadline: i64, capacity: i32): i32 {
  if (until < 0 || idleDeadline < until) until = idleDeadline;
  let count = wait(capacity, timeoutUntil(until));
  if (count == 0 && clock_monotonic() >= idleDeadline) {
    // A connection may have come since; what is not accepted stays in the socket's queue and boots the next instance.
    count = wait(capacity, 0);
    if (count == 0) exit(0);
  }
  return count;
}

/** Nothing below and at this descriptor is a connection, also when the image listens on nothing. */
export function takeListenersFrom(descriptor: i32): void {
  if (lastListener == i32.MAX_VALUE) lastListener = descriptor;
}

/** Report edges of `descriptor`; also when the epoll instance knows it from an earlier boot. */
export function watch(descriptor: i64, mask: u32, flags: u64): i64 {
  store<u32>(event, mask | linux.EPOLLET);
  store<u64>(event, flags | <u64>descriptor, 4);
  const result = linux.epoll_ctl(linux.boot(EPOLL), 1, descriptor, address(event));
  return result == linux.EEXIST ? linux.epoll_ctl(linux.boot(EPOLL), 3, descriptor, address(event)) : result;
}

function highestListener(count: i32): i32 {
  let highest = 0;
  for (let i = 0; i < count; i++) highest = max(highest, <i32>linux.boot(FIRST_LISTENER + i));
  return highest;
}

function isListener(handle: i32): bool {
  const count = <i32>linux.boot(LISTENER_COUNT);
  for (let i = 0; i < count; i++) {
    if (<i32>linux.boot(FIRST_LISTENER + i) == handle) return true;
  }
  return false;
}

export function sock_listen(port: i32): i32 {
  const count = <i32>linux.boot(LISTENER_COUNT);
  for (let i = 0; i < count; i++) {
    const entry = linux.boot(FIRST_LISTENER + i);
    if (<i32>(<u64>entry >> 32) != port) continue;
    const descriptor = entry & 0xffffffff;
    lastListener = highestListener(count);
    const result = watch(descriptor, linux.EPOLLIN, LISTENER);
    return result < 0 ? resultOf(result) : <i32>descriptor;
  }
  return DENIED;
}

// The filter ends an instance that uses a descriptor for what it is not; a wrong handle is an error first.

export function sock_accept(handle: i32): i32 {
  if (!isListener(handle)) return INVALID;
  while (true) {
    const descriptor = linux.accept4(<i64>handle, 0, 0, SOCK_NONBLOCK_CLOEXEC);
    if (descriptor == linux.ECONNABORTED || descriptor == linux.EINTR) continue;
    if (descriptor < 0) {
      // EINVAL: the tender shut the socket down; nothing will come from it any more.
      const result = resultOf(descriptor);
      return result == LIMIT ? LIMIT : descriptor == linux.EINVAL ? AGAIN : result;
    }
    const result = watch(descriptor, linux.EPOLLIN | linux.EPOLLOUT | linux.EPOLLRDHUP, 0);
    if (result < 0) {
      linux.close(descriptor);
      return LIMIT;
    }
    openConnections++;
    idleSince = 0;
    return <i32>descriptor;
  }
}

export function sock_receive(handle: i32, ptr: usize, len: i32): i32 {
  if (handle <= lastListener) return INVALID;
  return resultOf(linux.recvfrom(<i64>handle, address(ptr), size(len), 0, 0, 0));
}

export function sock_send(handle: i32, ptr: usize, len: i32): i32 {
  if (handle <= lastListener) return INVALID;
  return resultOf(linux.sendto(<i64>handle, address(ptr), size(len), MSG_NOSIGNAL, 0, 0));
}

export function sock_shutdown(handle: i32): i32 {
  if (handle <= lastListener) return INVALID;
  return resultOf(linux.shutdown(<i64>handle, 1));
}

/** Listening sockets belong to the tender and cannot be closed. */
export function sock_close(handle: i32): i32 {
  if (handle <= lastListener) return INVALID;
  const result = linux.close(<i64>handle);
  if (result < 0) return resultOf(result);
  openConnections--;
  return 0;
}
