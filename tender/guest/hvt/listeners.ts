/** Listening sockets: accepted ahead of the guest, as far as there is room. */
import { accept4, EINTR, EMFILE, EPOLL_ADD, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP, epollCtl, native } from '../linux';
import { firstListeningDescriptor } from '../place';
import { scratch } from '../layout';
import { connectionCapacity, connectionCount, enqueue, Flag, handleOf, takeConnection } from './connections';
import { Event, eventRoom, sendEvent } from './events';
import { serveConnection } from './transfer';

const SOCK_NONBLOCK_CLOEXEC: i64 = 0x80800;
const ECONNABORTED: i64 = -103;
/** Connections taken at once, before others get their turn. */
const acceptBatch: i32 = 64;

export const machineEpoll: i64 = 3;

/** Bits per socket: the guest listens; there may be a connection; it has hung up; that has been told. */
let listening: u32 = 0;
let pending: u32 = 0;
let hungUp: u32 = 0;
let hangupTold: u32 = 0;
/** The connection a machine was made for, on its way to the guest (`per-connection`); -1: none. */
let ownConnection: i32 = -1;
let ownListener: u32 = 0;
let isSingle: bool = false;
/** Connections there were when descriptors ran out: until one is closed nothing more is accepted. */
let mostConnections: u32 = connectionCapacity;

/** Data of an epoll event: handle. */
export function watchEdges(fd: i64, handle: u32, mask: u32): i64 {
  store<u32>(scratch, mask | EPOLLET);
  store<u64>(scratch, handle, 4);
  return epollCtl(machineEpoll, EPOLL_ADD, fd, native(scratch));
}

/** The machine is for one connection, which has come from this listening socket; there will be no other. */
export function serveSingle(fd: i32, listener: u32): void {
  isSingle = true;
  ownConnection = fd;
  ownListener = listener;
}

export function listenFrom(index: u32): void {
  const bit = (<u32>1) << index;
  if ((listening & bit) != 0) return;
  listening |= bit;
  if (isSingle) hungUp |= bit;
  else watchEdges(firstListeningDescriptor + index, index, EPOLLIN);
}

export function onListenerEvent(index: u32, mask: u32): void {
  const bit = (<u32>1) << index;
  if ((mask & EPOLLIN) != 0) pending |= bit;
  if ((mask & EPOLLHUP) != 0) hungUp |= bit;
}

function adopt(fd: i32, index: u32): void {
  const connection = takeConnection(fd);
  const handle = handleOf(connection);
  if (watchEdges(fd, handle, EPOLLIN | EPOLLOUT | EPOLLRDHUP) < 0) {
    // Nothing would ever be heard of it. The handle has not been told to anybody yet.
    connection.flags |= Flag.failed;
  }
  sendEvent(Event.accepted, index, handle, 0);
  // Its first bytes have often come with it.
  if (!serveConnection(connection)) enqueue(connection);
}

function acceptFrom(index: u32): void {
  for (let count = 0; count < acceptBatch; count++) {
    if (connectionCount >= mostConnections || eventRoom() < 4) return;
    const fd = accept4(firstListeningDescriptor + index, 0, 0, SOCK_NONBLOCK_CLOEXEC);
    if (fd == EINTR || fd == ECONNABORTED) continue;
    if (fd == EMFILE) {
      mostConnections = connectionCount;
      return;
    }
    if (fd < 0) {
      pending &= ~((<u32>1) << index);
      return;
    }
    adopt(<i32>fd, index);
  }
}

export function hasPendingListener(): bool {
  return (pending & listening) != 0 && connectionCount < mostConnections;
}

export function serveListeners(): void {
  if (ownConnection >= 0 && (listening >> ownListener & 1) != 0 && eventRoom() >= 4) {
    const fd = ownConnection;
    ownConnection = -1;
    adopt(fd, ownListener);
  }
  for (let rest = pending & listening; rest != 0; rest &= rest - 1) acceptFrom(<u32>ctz(rest));
  for (let rest = hungUp & listening & ~hangupTold; rest != 0 && eventRoom() > 0; rest &= rest - 1) {
    const index = <u32>ctz(rest);
    hangupTold |= (<u32>1) << index;
    sendEvent(Event.hangup, index, 0, 0);
  }
}
