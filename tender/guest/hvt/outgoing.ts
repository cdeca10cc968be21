/**
 * Outgoing connections of a guest (docs/hvt.md, docs/tender.md): the monitor asks the tender for them as an image in a process
 * does. A connection has its handle before it has a descriptor. What the peer sends is framed (tender/egress/carry.ts).
 */
import { close, EAGAIN, EINTR, EPOLLIN, EPOLLOUT, EPOLLRDHUP, MSG_NOSIGNAL, native, recvfrom, recvmsg, sendto } from '../linux';
import { firstListeningDescriptor, requestsDescriptor } from '../place';
import {
  Connection,
  connectionAt,
  connectionCapacity,
  connectionCount,
  ConnectionState,
  connectionsUsed,
  enqueue,
  firstHandle,
  Flag,
  freeConnection,
  handleOf,
  openConnection,
  takeConnection,
} from './connections';
import { connectHandle, connectLength, connectText, outgoingBuffer } from './layout';
import { watchEdges } from './listeners';
import { dropSends } from './transfer';
import { endByRule } from './verdict';

const longestTarget: u32 = 300;
const headerBytes: u32 = 4;
/** A frame's length that means nothing: the egress asks whether anybody is there. */
const probe: u32 = 0xffff_ffff;
const ECONNRESET: i64 = -104;
/** Data of the epoll event; no handle. */
export const requestsHandle: u32 = 0xffff_ffff;

// Results, by the numbers of libos/abi.ts.
const closed: i32 = -2;
const denied: i32 = -4;
const limit: i32 = -5;
const refused: i32 = -6;

const packet: usize = outgoingBuffer;
const message: usize = outgoingBuffer + 0x200;
const vector: usize = outgoingBuffer + 0x240;
const control: usize = outgoingBuffer + 0x260;
const reply: usize = outgoingBuffer + 0x280;

let isWatched: bool = false;
let hasReplies: bool = false;
/** The tender has stopped to listen. */
let isOver: bool = false;

function mayAsk(): bool {
  if (firstListeningDescriptor == requestsDescriptor || isOver) return false;
  if (!isWatched) isWatched = watchEdges(requestsDescriptor, requestsHandle, EPOLLIN) >= 0;
  return isWatched;
}

/** A handle, or an error. */
function ask(length: u32): i32 {
  if (!mayAsk()) return denied;
  if (connectionCount >= connectionCapacity) return limit;
  const connection = takeConnection(-1);
  connection.flags = Flag.connecting | Flag.framed | Flag.wanted;
  const handle = handleOf(connection);
  store<u32>(packet, handle);
  memory.copy(packet + 4, connectText, length);
  const sent = sendto(requestsDescriptor, native(packet), length + 4, MSG_NOSIGNAL, 0, 0);
  if (sent >= 0) return <i32>handle;
  freeConnection(connection);
  return sent == EAGAIN ? limit : denied;
}

/** Why a connection has failed. */
function reasonOf(handle: u32): i32 {
  const connection = openConnection(handle);
  if (!connection) endByRule('connect: the handle is an open connection', handle);
  const failure = changetype<Connection>(connection).failure;
  return failure == 0 ? closed : failure;
}

/** The hypercall: with a length it asks for a connection, without one why a connection has failed. */
export function connectOut(): void {
  const length = load<u32>(connectLength);
  if (length > longestTarget) endByRule('connect: the target is at most 300 bytes', length);
  store<i32>(connectHandle, length == 0 ? reasonOf(load<u32>(connectHandle)) : ask(length));
}

export function onReplies(): void {
  hasReplies = true;
}

function onReply(connection: Connection, result: i32, fd: i32): void {
  if (connection.state == ConnectionState.abandoned) {
    if (fd >= 0) close(fd);
    return freeConnection(connection);
  }
  if (connection.state != ConnectionState.open || (connection.flags & Flag.connecting) == 0) {
    if (fd >= 0) close(fd);
    return;
  }
  connection.flags &= ~Flag.connecting;
  if (fd >= 0 && watchEdges(fd, handleOf(connection), EPOLLIN | EPOLLOUT | EPOLLRDHUP) < 0) {
    close(fd);
    fd = -1;
  }
  if (fd >= 0) {
    connection.fd = fd;
    connection.flags |= Flag.readable | Flag.writable;
  } else {
    connection.failure = <i8>(result == denied ? denied : refused);
    connection.flags = (connection.flags | Flag.failed) & ~Flag.wanted;
    dropSends(connection);
  }
  enqueue(connection);
}

/** Nothing that is connecting will be connected. */
function giveUp(): void {
  isOver = true;
  for (let i: u32 = 0; i < connectionsUsed; i++) {
    const connection = connectionAt(i);
    if (connection.state == ConnectionState.abandoned || (connection.flags & Flag.connecting) != 0) onReply(connection, refused, -1);
  }
}

/** After a rest only when the machine is there again: new descriptors must not take its numbers. */
export function takeReplies(): void {
  if (!hasReplies) return;
  hasReplies = false;
  while (true) {
    // struct msghdr: name, its length, iovec, their number, control, its length, flags
    memory.fill(message, 0, 56);
    store<u64>(message, native(vector), 16);
    store<u64>(message, 1, 24);
    store<u64>(message, native(control), 32);
    store<u64>(message, 24, 40);
    store<u64>(vector, native(reply));
    store<u64>(vector, 8, 8);
    const length = recvmsg(requestsDescriptor, native(message), 0);
    if (length == EINTR) continue;
    if (length == EAGAIN) return;
    if (length < 8) return giveUp();
    // struct cmsghdr: u64 length, u32 level, u32 type, then the descriptor. None came when this process has too many.
    const fd = load<u64>(message, 40) >= 20 ? load<i32>(control, 16) : -1;
    // The tender gives back what the monitor has told it.
    onReply(connectionAt(load<u32>(reply) - firstHandle), load<i32>(reply, 4), fd);
  }
}

/** At the end of a frame: reads the next one's header as far as it is there. False: nothing more comes now. */
function nextFrame(connection: Connection): bool {
  const have: u32 = connection.header;
  const at = changetype<usize>(connection) + offsetof<Connection>('left') + have;
  const count = recvfrom(connection.fd, native(at), headerBytes - have, 0, 0, 0);
  if (count == EINTR) return true;
  if (count == EAGAIN) return false;
  if (count <= 0) {
    connection.flags |= Flag.cutOff | Flag.ending;
    return false;
  }
  connection.header = <u8>(have + <u32>count);
  if (connection.header < headerBytes) return true;
  if (connection.left == 0) {
    connection.flags |= Flag.hasEnd | Flag.ending;
    return false;
  }
  if (connection.left == probe) connection.header = 0;
  return true;
}

/** As `recvfrom`, over as many frames as are there. */
export function receiveFramed(connection: Connection, buffer: usize, length: usize): i64 {
  let total: usize = 0;
  while (total < length && (connection.flags & (Flag.hasEnd | Flag.cutOff)) == 0) {
    if (connection.header < headerBytes) {
      if (!nextFrame(connection)) break;
      continue;
    }
    const count = recvfrom(connection.fd, native(buffer + total), min<usize>(length - total, connection.left), 0, 0, 0);
    if (count == EINTR) continue;
    if (count == EAGAIN) break;
    if (count <= 0) {
      connection.flags |= Flag.cutOff | Flag.ending;
      break;
    }
    total += <usize>count;
    connection.left -= <u32>count;
    if (connection.left == 0) connection.header = 0;
  }
  if (total > 0) return total;
  if ((connection.flags & Flag.hasEnd) != 0) return 0;
  return (connection.flags & Flag.cutOff) != 0 ? ECONNRESET : EAGAIN;
}
