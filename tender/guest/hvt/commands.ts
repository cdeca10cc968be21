/**
 * The command ring. Each descriptor is copied once and then checked; a wrong one ends the instance. What the guest may
 * not know better - a connection that has failed meanwhile - is no error.
 */
import { hasReceiveOwner, giveReceiveBuffer, isReceiveBufferTaken, isSendBufferTaken, receiveOwner } from './buffers';
import { Connection, enqueue, Flag, openConnection } from './connections';
import { bufferBytes, commandCapacity, commandHead, commandRing, commandTail, receiveBufferCount } from './layout';
import { listenFrom } from './listeners';
import { closeConnection, letReadAhead, sendBytes, shutDownConnection } from './transfer';
import { endByRule } from './verdict';

namespace Command {
  export const listen: u32 = 1;
  export const send: u32 = 2;
  export const shutdown: u32 = 3;
  export const close: u32 = 4;
  export const release: u32 = 5;
  export const want: u32 = 6;
}

const commandBytes: u32 = 16;

let tail: u32 = 0;
let listenerCount: u32 = 0;

export function createCommands(listeners: u32): void {
  listenerCount = listeners;
}

/** Does not come back for a handle that is no open connection. */
function connectionOf(handle: u32): Connection {
  const connection = openConnection(handle);
  if (!connection) endByRule('a command names an open connection', handle);
  return changetype<Connection>(connection);
}

function send(handle: u32, buffer: u32, length: u32): void {
  const connection = connectionOf(handle);
  if (isSendBufferTaken(buffer)) endByRule('send: the buffer is the guest\'s', buffer);
  if (length == 0 || length > <u32>bufferBytes) endByRule('send: the length is 1 to 16384', length);
  sendBytes(connection, buffer, length);
}

function release(buffer: u32): void {
  if (buffer >= receiveBufferCount || !isReceiveBufferTaken(buffer)) endByRule('release: the buffer is the guest\'s', buffer);
  if (hasReceiveOwner(buffer)) {
    const connection = connectionOf(receiveOwner(buffer));
    connection.received = 0;
    giveReceiveBuffer(buffer);
    letReadAhead(connection);
  } else {
    giveReceiveBuffer(buffer);
  }
}

function want(handle: u32): void {
  const connection = connectionOf(handle);
  connection.flags |= Flag.wanted;
  enqueue(connection);
}

function execute(kind: u32, handle: u32, buffer: u32, length: u32): void {
  switch (kind) {
    case Command.listen:
      if (handle >= listenerCount) endByRule('listen: the handle is a listening socket', handle);
      return listenFrom(handle);
    case Command.send: return send(handle, buffer, length);
    case Command.shutdown: return shutDownConnection(connectionOf(handle));
    case Command.close: return closeConnection(connectionOf(handle));
    case Command.release: return release(buffer);
    case Command.want: return want(handle);
    default: endByRule('a command has a kind from 1 to 6', kind);
  }
}

export function workOffCommands(): void {
  const head = load<u32>(commandHead);
  if (head - tail > commandCapacity) endByRule('the command ring holds at most 256', head - tail);
  for (; tail != head; tail++) {
    const at = commandRing + <usize>(tail & (commandCapacity - 1)) * commandBytes;
    execute(load<u32>(at), load<u32>(at, 4), load<u32>(at, 8), load<u32>(at, 12));
  }
  store<u32>(commandTail, tail);
}
