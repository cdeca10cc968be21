// virtio-net (virtio 1.2 §5.1): Ethernet frames in and out, one buffer each, no offloads.

import { address, copy, peek8, poke8, waitForInterrupt, waits } from './machine';
import { armTimer } from './apic';
import { monotonic } from './clock';
import {
  acknowledge, configuration, find, foundPin, isLegacy, negotiate, NET, notify, openQueue, run,
} from './transport';
import { offer, publish, setDescriptor, usedBytes, usedDescriptor, usedPosition, WRITE } from './queue';
import { takePages } from './shared-memory';
import { AGAIN, DENIED, INVALID } from './results';

export const NET_HANDLE = 1;

const HAS_ADDRESS: u32 = 1 << 5;

const RECEIVE: u32 = 0;
const SEND: u32 = 1;
const size: u32 = 64;
const bufferBytes: i64 = 2048;
const mtu = 1500;
const smallestFrame = 14;
const largestFrame = mtu + 14;
/** Buffers given back before the device is told. */
const batch: u32 = 16;

let registers: i64 = 0;
let missing: bool = false;
let headerBytes: i64 = 0;

let received: i64 = 0;
let receiveBuffers: i64 = 0;
/** Next used entry to read, and next available one to write. */
let receiveRead: u32 = 0;
let receiveOffered: u32 = 0;
let receiveTold: u32 = 0;

let sent: i64 = 0;
let sendBuffers: i64 = 0;
let sendDone: u32 = 0;
let sendOffered: u32 = 0;
let sendTold: u32 = 0;

let readableTold: bool = false;
/** A send gave again since room was last reported. */
let sendBlocked: bool = false;

export function netLinked(): bool {
  return registers != 0;
}

function start(): bool {
  if (registers != 0) return true;
  if (missing) return false;
  const found = find(NET);
  if (found == 0) {
    missing = true;
    return false;
  }
  const pin = foundPin;
  registers = found;
  negotiate(registers, HAS_ADDRESS);
  // Legacy devices leave the number of buffers out of the header (§5.1.6.1).
  headerBytes = isLegacy(registers) ? 10 : 12;
  received = openQueue(registers, RECEIVE, size);
  sent = openQueue(registers, SEND, size);
  receiveBuffers = takePages(<i64>size * bufferBytes);
  sendBuffers = takePages(<i64>size * bufferBytes);
  for (let i: u32 = 0; i < size; i++) {
    setDescriptor(received, i, receiveBuffers + <i64>i * bufferBytes, <u32>bufferBytes, WRITE, 0);
    offer(received, size, i, i);
  }
  receiveOffered = size;
  publish(received, size, receiveOffered, true);
  publish(sent, size, 0, false);
  run(registers, pin);
  tellReceive();
  return true;
}

function tellReceive(): void {
  receiveTold = receiveOffered;
  notify(registers, RECEIVE);
}

function tellSend(): void {
  if (sendTold == sendOffered) return;
  sendTold = sendOffered;
  publish(sent, size, sendOffered, sendBlocked);
  notify(registers, SEND);
}

/** What was handed over goes out; before every wait. */
export function flush(): void {
  tellSend();
}

/** Before the machine ends: what was sent has left it, or does not leave it in this time. */
const longestDrainNs: i64 = 100_000_000;

export function drain(): void {
  if (usedPosition(sent, size) == sendOffered) return;
  sendBlocked = true;
  tellSend();
  publish(sent, size, sendOffered, true);
  const until = monotonic() + longestDrainNs;
  while (true) {
    acknowledge(registers);
    if (usedPosition(sent, size) == sendOffered) return;
    const left = until - monotonic();
    if (left <= 0) return;
    armTimer(left);
    waitForInterrupt();
  }
}

export function info(ptr: usize): i32 {
  if (!start()) return DENIED;
  const from = configuration(registers);
  for (let i = 0; i < 6; i++) store<u8>(ptr + i, <u8>peek8(from + i));
  store<u16>(ptr, <u16>mtu, 6);
  return NET_HANDLE;
}

export function read(ptr: usize, len: i32): i32 {
  if (!start()) return DENIED;
  if (len < largestFrame) return INVALID;
  while (receiveRead != usedPosition(received, size)) {
    const descriptor = usedDescriptor(received, size, receiveRead);
    const bytes = <i64>usedBytes(received, size, receiveRead) - headerBytes;
    const isFrame = bytes >= smallestFrame && bytes <= largestFrame;
    if (isFrame) copy(address(ptr), receiveBuffers + <i64>descriptor * bufferBytes + headerBytes, bytes);
    offer(received, size, receiveOffered, descriptor);
    receiveRead = (receiveRead + 1) & 0xffff;
    receiveOffered = (receiveOffered + 1) & 0xffff;
    publish(received, size, receiveOffered, true);
    if (((receiveOffered - receiveTold) & 0xffff) >= batch) tellReceive();
    // What is no frame of an Ethernet with this MTU is dropped.
    if (isFrame) return <i32>bytes;
  }
  if (receiveTold != receiveOffered) tellReceive();
  readableTold = false;
  return AGAIN;
}

export function write(ptr: usize, len: i32): i32 {
  if (!start()) return DENIED;
  if (len < smallestFrame || len > largestFrame) return INVALID;
  sendDone = usedPosition(sent, size);
  if (((sendOffered - sendDone) & 0xffff) >= size) {
    sendBlocked = true;
    publish(sent, size, sendOffered, true);
    notify(registers, SEND);
    sendTold = sendOffered;
    return AGAIN;
  }
  // Buffers are used in order, but devices may give them back out of it only where §2.7.8 lets them; this one does not.
  const slot = sendOffered & (size - 1);
  const buffer = sendBuffers + <i64>slot * bufferBytes;
  for (let at: i64 = 0; at < headerBytes; at += 2) {
    poke8(buffer + at, 0);
    poke8(buffer + at + 1, 0);
  }
  copy(buffer + headerBytes, address(ptr), len);
  setDescriptor(sent, slot, buffer, <u32>headerBytes + len, 0, 0);
  offer(sent, size, sendOffered, slot);
  sendOffered = (sendOffered + 1) & 0xffff;
  if (((sendOffered - sendTold) & 0xffff) >= batch) tellSend();
  return len;
}

/** Waits when the device was last acknowledged. */
let acknowledgedAfter: u32 = 0;

/**
 * Ready bits of the device, each edge once. Its interrupts are acknowledged only when some wait may have taken one: until
 * then it is pending and ends the next wait, so nothing is missed.
 */
export function ready(): u32 {
  if (acknowledgedAfter != waits) {
    acknowledgedAfter = waits;
    acknowledge(registers);
  }
  let bits: u32 = 0;
  if (!readableTold && receiveRead != usedPosition(received, size)) {
    readableTold = true;
    bits |= 1;
  }
  if (sendBlocked && ((sendOffered - usedPosition(sent, size)) & 0xffff) < size) {
    sendBlocked = false;
    publish(sent, size, sendOffered, false);
    bits |= 2;
  }
  return bits;
}
