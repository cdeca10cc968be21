/**
 * Where a monitor keeps things: its own tables, and the memory of its virtual machine. Guest-physical address 0 is
 * `machineMemory`; everything the guest has lies behind it in one piece, so that host and guest-physical addresses
 * differ by a constant (docs/hvt.md).
 */
import { monitorStart } from '../layout';
import { native } from '../linux';

/** The first two pages of the processor's `struct kvm_run`; the second holds what a port is written with. */
export const runPage: usize = monitorStart;
export const runPageBytes: usize = 0x2000;
export const generalRegisters: usize = monitorStart + 0x3000;
export const specialRegisters: usize = monitorStart + 0x3100;
export const memoryRegion: usize = monitorStart + 0x3300;
export const monitorEvents: usize = monitorStart + 0x4000;
export const monitorEventCapacity: i32 = 256;
export const bufferTable: usize = monitorStart + 0x5000;
export const memoryTable: usize = monitorStart + 0x6000;
/** 4 KiB (`struct kvm_xsave`). */
export const vectorRegisters: usize = monitorStart + 0x7000;
/** `outgoing.ts`: messages from and to the tender. */
export const outgoingBuffer: usize = monitorStart + 0x8000;
export const connectionTable: usize = monitorStart + 0x1_0000;
export const readyQueue: usize = monitorStart + 0x4_0000;

/** Guest-physical 0. */
export const machineMemory: usize = monitorStart + 0x100_0000;

// Guest-physical addresses.
export const sharedBytes: usize = 0x40_0000;
export const descriptorPage: usize = sharedBytes;
export const stubPage: usize = sharedBytes + 0x1000;
export const exceptionStack: usize = sharedBytes + 0x2000;
export const tablePool: usize = sharedBytes + 0x3000;

/** In the monitor's memory: only for what lies below the end of the table pool. */
export function machinePointer(physical: usize): usize {
  return machineMemory + physical;
}

export function hostAddress(physical: u64): u64 {
  return <u64>native(machineMemory) + physical;
}

// The control page and what follows it (docs/hvt.md).
const shared: usize = machineMemory;
export const controlDeadline: usize = shared;
export const commandHead: usize = shared + 0x08;
export const commandTail: usize = shared + 0x0c;
export const eventHead: usize = shared + 0x10;
export const eventTail: usize = shared + 0x14;
export const consoleHead: usize = shared + 0x18;
export const consoleTail: usize = shared + 0x1c;
export const doneHead: usize = shared + 0x20;
export const receiveHandle: usize = shared + 0x28;
export const receiveLength: usize = shared + 0x2c;
export const growMemoryIndex: usize = shared + 0x30;
export const growBytes: usize = shared + 0x38;
export const growResult: usize = shared + 0x40;
export const clockMultiplier: usize = shared + 0x48;
export const clockMonotonic: usize = shared + 0x50;
export const clockWall: usize = shared + 0x58;
/** Changes when the time stamp counter may have jumped. */
export const counterEpoch: usize = shared + 0x60;
export const connectHandle: usize = shared + 0x68;
export const connectLength: usize = shared + 0x6c;
export const entropyBytes: usize = shared + 0x100;
export const entropyLength: usize = 256;
export const doneRing: usize = shared + 0x400;
export const doneCapacity: u32 = 128;
export const connectText: usize = shared + 0x600;
export const commandRing: usize = shared + 0x1000;
export const commandCapacity: u32 = 256;
export const eventRing: usize = shared + 0x2000;
export const eventRingCapacity: u32 = 512;
export const consoleRing: usize = shared + 0x4000;
export const consoleCapacity: u32 = 0x4000;

export const bufferBytes: usize = 0x4000;
/** Receive buffers; the one behind them is for receiving on demand. */
export const receiveBufferCount: u32 = 119;
export const sendBufferCount: u32 = 120;
const receivePool: usize = shared + 0x4_0000;
const sendPool: usize = receivePool + <usize>(receiveBufferCount + 1) * bufferBytes;

export function receiveBuffer(index: u32): usize {
  return receivePool + <usize>index * bufferBytes;
}

export function sendBuffer(index: u32): usize {
  return sendPool + <usize>index * bufferBytes;
}

// Guest-virtual addresses.
export const sharedAddress: u64 = 0x4000_0000;
export const supervisorAddress: u64 = 0x3fe0_0000;
