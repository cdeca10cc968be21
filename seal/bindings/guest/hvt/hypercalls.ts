// The shared region and the ways out of the machine (docs/hvt.md). The monitor believes nothing of what stands here; the
// guest believes what the monitor has written.

import * as linux from "./linux";

const shared: i64 = 0x4000_0000;
const deadline: i64 = shared;
const commandHead: i64 = shared + 0x08;
const commandTail: i64 = shared + 0x0c;
export const eventHead: i64 = shared + 0x10;
export const eventTail: i64 = shared + 0x14;
export const consoleHead: i64 = shared + 0x18;
export const consoleTail: i64 = shared + 0x1c;
export const doneHead: i64 = shared + 0x20;
const receiveHandle: i64 = shared + 0x28;
const receiveLength: i64 = shared + 0x2c;
export const clockMultiplier: i64 = shared + 0x48;
export const clockMonotonic: i64 = shared + 0x50;
export const clockWall: i64 = shared + 0x58;
export const counterEpoch: i64 = shared + 0x60;
const connectHandle: i64 = shared + 0x68;
const connectLength: i64 = shared + 0x6c;
export const entropyBytes: i64 = shared + 0x100;
export const entropyLength: i32 = 256;
export const doneRing: i64 = shared + 0x400;
export const doneCapacity: u32 = 128;
export const connectText: i64 = shared + 0x600;
export const commandRing: i64 = shared + 0x1000;
export const commandCapacity: u32 = 256;
export const eventRing: i64 = shared + 0x2000;
export const eventCapacity: u32 = 512;
export const consoleRing: i64 = shared + 0x4000;
export const consoleCapacity: u32 = 0x4000;
// Nothing but the guest uses the part from here to the buffers.
export const connectionTable: i64 = shared + 0x8000;
export const sendOwners: i64 = shared + 0x3_0000;
export const freeSendBuffers: i64 = shared + 0x3_0400;
const receivePool: i64 = shared + 0x4_0000;
export const receiveBufferCount: i32 = 119;
export const sendBufferCount: i32 = 120;
export const bufferBytes: i32 = 0x4000;

const WAIT = 0x10;
const FLUSH = 0x11;
const EXIT = 0x13;
const ENTROPY = 0x14;
const RECEIVE = 0x15;
const CONNECT = 0x16;

export const LISTEN = 1;
export const SEND = 2;
export const SHUTDOWN = 3;
export const CLOSE = 4;
export const RELEASE = 5;
export const WANT = 6;

/** Counter when the last hypercall came back: the clocks in the control page are of that moment. */
export let lastExit: i64 = 0;

export function receiveBuffer(index: i32): i64 {
  return receivePool + (<i64>index << 14);
}

export function sendBuffer(index: i32): i64 {
  return receivePool + (<i64>(receiveBufferCount + 1 + index) << 14);
}

function leave(port: i32, value: i32): void {
  linux.out32(port, value);
  lastExit = linux.timestamp();
}

/** Sleeps until there is an event or the monotonic clock reaches `until`; -1: for ever, 0: only looks. */
export function waitUntil(until: i64): void {
  linux.poke64(deadline, until);
  leave(WAIT, 0);
}

/** The monitor works off commands and console. */
export function flush(): void {
  leave(FLUSH, 0);
}

export function end(status: i32): void {
  leave(EXIT, status & 255);
  unreachable();
}

export function refillEntropy(): void {
  leave(ENTROPY, 0);
}

/** Bytes in the buffer behind the receive buffers, 0 at the end, -1 nothing yet, -2 failed. */
export function receiveNow(handle: i32, length: i32): i32 {
  linux.poke32(receiveHandle, handle);
  linux.poke32(receiveLength, length);
  leave(RECEIVE, 0);
  return linux.peek32(receiveLength);
}

/** A handle for the target in `connectText`, or an error. */
export function connectTo(length: i32): i32 {
  linux.poke32(connectLength, length);
  leave(CONNECT, 0);
  return linux.peek32(connectHandle);
}

/** Why a connection of this guest's has failed. */
export function askReason(handle: i32): i32 {
  linux.poke32(connectHandle, handle);
  linux.poke32(connectLength, 0);
  leave(CONNECT, 0);
  return linux.peek32(connectHandle);
}

/** Address of the last command, if that is a `SEND`; else 0. */
export let lastSend: i64 = 0;

export function command(kind: i32, handle: i32, buffer: i32, length: i32): void {
  if (<u32>linux.peek32(commandHead) - <u32>linux.peek32(commandTail) == commandCapacity) flush();
  const head = <u32>linux.peek32(commandHead);
  const at = commandRing + (<i64>(head & (commandCapacity - 1)) << 4);
  linux.poke32(at, kind);
  linux.poke32(at + 4, handle);
  linux.poke32(at + 8, buffer);
  linux.poke32(at + 12, length);
  linux.poke32(commandHead, head + 1);
  lastSend = kind == SEND ? at : 0;
}

/** Whether `lastSend` is this connection's and the monitor has not seen it. */
export function canExtendSend(handle: i32): bool {
  return lastSend != 0 && linux.peek32(commandTail) != linux.peek32(commandHead) && linux.peek32(lastSend + 4) == handle;
}
