/** Whose buffer is whose. What the guest says of a buffer is compared with this. */
import { bufferTable, doneCapacity, doneHead, doneRing, receiveBufferCount, sendBufferCount } from './layout';

/** Receive buffers: 0 free, 1 the guest's without a connection, else the connection's handle + 2. */
const receiveOwners: usize = bufferTable;
const freeList: usize = bufferTable + 0x200;
/** Send buffers: 1 while the monitor has it. */
const sendTaken: usize = bufferTable + 0x400;
const sendNext: usize = bufferTable + 0x500;
const sendLength: usize = bufferTable + 0x600;

const guestOnly: u16 = 1;
const handleBias: u32 = 2;

let freeCount: u32 = 0;
let done: u32 = 0;

export const noBuffer: u32 = 0xffff_ffff;

export function createBuffers(): void {
  for (let i: u32 = 0; i < receiveBufferCount; i++) store<u8>(freeList + i, <u8>i);
  freeCount = receiveBufferCount;
}

export function takeReceiveBuffer(handle: u32): u32 {
  if (freeCount == 0) return noBuffer;
  freeCount -= 1;
  const index: u32 = load<u8>(freeList + freeCount);
  store<u16>(receiveOwners + (index << 1), <u16>(handle + handleBias));
  return index;
}

export function giveReceiveBuffer(index: u32): void {
  store<u16>(receiveOwners + (index << 1), 0);
  store<u8>(freeList + freeCount, <u8>index);
  freeCount += 1;
}

/** The connection is gone; the guest still has to give the buffer back. */
export function orphanReceiveBuffer(index: u32): void {
  store<u16>(receiveOwners + (index << 1), guestOnly);
}

export function isReceiveBufferTaken(index: u32): bool {
  return load<u16>(receiveOwners + (index << 1)) != 0;
}

export function hasReceiveOwner(index: u32): bool {
  return load<u16>(receiveOwners + (index << 1)) > guestOnly;
}

export function receiveOwner(index: u32): u32 {
  return <u32>load<u16>(receiveOwners + (index << 1)) - handleBias;
}

export function isSendBufferTaken(index: u32): bool {
  return index >= sendBufferCount || load<u8>(sendTaken + index) != 0;
}

export function takeSendBuffer(index: u32, length: u32): void {
  store<u8>(sendTaken + index, 1);
  store<u16>(sendLength + (index << 1), <u16>length);
  store<u8>(sendNext + index, 0);
}

export function sendBufferLength(index: u32): u32 {
  return load<u16>(sendLength + (index << 1));
}

/** Index of the next buffer of the same connection plus 1, 0: none. */
export function nextSendBuffer(index: u32): u32 {
  return load<u8>(sendNext + index);
}

export function linkSendBuffer(index: u32, next: u32): void {
  store<u8>(sendNext + index, <u8>(next + 1));
}

/** The guest finds it in the ring of done buffers, which has room for all there are. */
export function giveSendBuffer(index: u32): void {
  store<u8>(sendTaken + index, 0);
  store<u32>(doneRing + ((done & (doneCapacity - 1)) << 2), index);
  done += 1;
  store<u32>(doneHead, done);
}
