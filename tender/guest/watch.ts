/** The tender's epoll set: what is watched and whose event it is. */
import { scratch } from './layout';
import { close, EPOLL_ADD, EPOLL_DELETE, EPOLL_MODIFY, EPOLLIN, EPOLLOUT, epollCreate, epollCtl, native, O_CLOEXEC } from './linux';
import { Slot, slotIndex } from './slot';

export namespace Source {
  export const control: u32 = 1;
  export const client: u32 = 2;
  export const signal: u32 = 3;
  export const listening: u32 = 4;
  export const console: u32 = 5;
  export const trap: u32 = 6;
  export const channel: u32 = 7;
  export const dial: u32 = 8;
}

export let epollFd: i32 = -1;

export function createWatch(): bool {
  epollFd = <i32>epollCreate(O_CLOEXEC);
  return epollFd >= 0;
}

/** struct epoll_event is packed: u32 events, u64 data. Data: source in the top byte, generation, index of the slot. */
function setWatch(operation: i32, fd: i32, mask: u32, source: u32, owner: u64): void {
  store<u32>(scratch, mask);
  store<u64>(scratch, (<u64>source << 56) | owner, 4);
  epollCtl(epollFd, operation, fd, native(scratch));
}

export function watch(fd: i32, source: u32): void {
  setWatch(EPOLL_ADD, fd, EPOLLIN, source, 0);
}

export function watchClient(fd: i32, wantsToWrite: bool, isNew: bool): void {
  setWatch(isNew ? EPOLL_ADD : EPOLL_MODIFY, fd, EPOLLIN | (wantsToWrite ? EPOLLOUT : 0), Source.client, 0);
}

function owner(slot: Slot): u64 {
  return (<u64>slot.generation << 32) | <u64>slotIndex(slot);
}

export function watchListening(slot: Slot, fd: i32): void {
  setWatch(EPOLL_ADD, fd, EPOLLIN, Source.listening, owner(slot));
}

export function watchConsole(slot: Slot): void {
  setWatch(EPOLL_ADD, slot.consoleFd, EPOLLIN, Source.console, owner(slot));
}

export function watchTrap(slot: Slot): void {
  setWatch(EPOLL_ADD, slot.trapFd, EPOLLIN, Source.trap, owner(slot));
}

export function watchChannel(fd: i32, index: u32, generation: u32, mask: u32, isNew: bool): void {
  setWatch(isNew ? EPOLL_ADD : EPOLL_MODIFY, fd, mask, Source.channel, (<u64>generation << 32) | <u64>index);
}

export function watchDial(fd: i32, index: u32, generation: u32): void {
  setWatch(EPOLL_ADD, fd, EPOLLIN, Source.dial, (<u64>generation << 32) | <u64>index);
}

export function unwatch(fd: i32): void {
  epollCtl(epollFd, EPOLL_DELETE, fd, native(scratch));
}

/**
 * Closing alone is not enough: a child that has just been forked holds a second reference for a moment, and epoll goes on
 * reporting what is still open anywhere (epoll(7), Q6).
 */
export function closeWatched(fd: i32): void {
  if (fd < 0) return;
  unwatch(fd);
  close(fd);
}
