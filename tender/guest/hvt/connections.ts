/** What the monitor knows of each connection, and the queue of those it has to look at. */
import { connectionTable, readyQueue } from './layout';

export namespace ConnectionState {
  export const free: u8 = 0;
  export const open: u8 = 1;
  /** The guest has closed it; bytes it sent before are still on their way. */
  export const closing: u8 = 2;
  /** The guest has closed it before it was connected: it is kept until the tender's answer comes. */
  export const abandoned: u8 = 3;
}

export namespace Flag {
  /** There may be something to read. */
  export const readable: u32 = 1;
  /** The socket takes bytes, as far as anybody knows. */
  export const writable: u32 = 2;
  /** The peer sends no more: what has been read to the end is followed by that end. */
  export const ending: u32 = 4;
  /** The guest has something of it that it has not read to the end. */
  export const delivered: u32 = 8;
  /** The guest wants to hear when it can send again. */
  export const wanted: u32 = 16;
  export const ended: u32 = 32;
  export const failed: u32 = 64;
  export const failureTold: u32 = 128;
  export const shutsDown: u32 = 256;
  export const queued: u32 = 512;
  /** It has a handle and no descriptor yet. */
  export const connecting: u32 = 1024;
  /** What comes on it is framed, as on all outgoing connections. */
  export const framed: u32 = 2048;
  /** The peer's end has been read; or the stream was cut off. */
  export const hasEnd: u32 = 4096;
  export const cutOff: u32 = 8192;
}

// @ts-ignore: decorators of AssemblyScript
@unmanaged
export class Connection {
  fd: i32;
  flags: u32;
  state: u8;
  /** Send buffers in order: index + 1. */
  firstSend: u8;
  lastSend: u8;
  /** Receive buffer with the guest: index + 1. */
  received: u8;
  /** Bytes of the first send buffer that are sent. */
  sentBytes: u16;
  nextFree: u16;
  /** Of the present frame; while its header comes, the header's bytes. */
  left: u32;
  /** Bytes of the header that have come. */
  header: u8;
  /** Why it could not be connected; 0: it could, or may yet. */
  failure: i8;
}

const connectionBytes: usize = 24;
export const connectionCapacity: u32 = 4096;
/** Handles below are listening sockets. */
export const firstHandle: u32 = 16;
const none: u32 = 0xffff;

/** Places at and above this one have never been used. */
export let connectionsUsed: u32 = 0;
let freeHead: u32 = none;
export let connectionCount: u32 = 0;
/** Closed by the guest and not empty yet. */
export let closingCount: u32 = 0;

export function connectionAt(index: u32): Connection {
  return changetype<Connection>(connectionTable + <usize>index * connectionBytes);
}

export function handleOf(connection: Connection): u32 {
  return <u32>((changetype<usize>(connection) - connectionTable) / connectionBytes) + firstHandle;
}

/** Of a handle the guest names: null when it has no such connection. */
export function openConnection(handle: u32): Connection | null {
  if (handle < firstHandle || handle - firstHandle >= connectionsUsed) return null;
  const connection = connectionAt(handle - firstHandle);
  return connection.state == ConnectionState.open ? connection : null;
}

export function takeConnection(fd: i32): Connection {
  let index = freeHead;
  if (index == none) {
    index = connectionsUsed;
    connectionsUsed += 1;
  } else {
    freeHead = connectionAt(index).nextFree;
  }
  const connection = connectionAt(index);
  memory.fill(changetype<usize>(connection), 0, connectionBytes);
  connection.fd = fd;
  connection.state = ConnectionState.open;
  connection.flags = Flag.writable | Flag.readable;
  connectionCount += 1;
  return connection;
}

export function setClosing(connection: Connection): void {
  connection.state = ConnectionState.closing;
  closingCount += 1;
}

/** The descriptor is closed already. One that is queued stays out of use until the queue has passed it. */
export function freeConnection(connection: Connection): void {
  if (connection.state == ConnectionState.closing) closingCount -= 1;
  connection.state = ConnectionState.free;
  if ((connection.flags & Flag.queued) == 0) recycle(connection);
}

/** Only now it counts no more: the queue has room for as many as there may be connections. */
function recycle(connection: Connection): void {
  connectionCount -= 1;
  connection.nextFree = <u16>freeHead;
  freeHead = handleOf(connection) - firstHandle;
}

// The queue: each connection is in it at most once.
let queueHead: u32 = 0;
let queueTail: u32 = 0;

export function queueLength(): u32 {
  return queueHead - queueTail;
}

export function enqueue(connection: Connection): void {
  if ((connection.flags & Flag.queued) != 0) return;
  connection.flags |= Flag.queued;
  store<u16>(readyQueue + ((queueHead & (connectionCapacity - 1)) << 1), <u16>(handleOf(connection) - firstHandle));
  queueHead += 1;
}

/** Null when it has been closed meanwhile. */
export function dequeue(): Connection | null {
  const index: u32 = load<u16>(readyQueue + ((queueTail & (connectionCapacity - 1)) << 1));
  queueTail += 1;
  const connection = connectionAt(index);
  connection.flags &= ~Flag.queued;
  if (connection.state != ConnectionState.free) return connection;
  recycle(connection);
  return null;
}
