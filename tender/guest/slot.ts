/** A slot: what was asked for, what is open for it, and the instance in it if there is one. */
import { slotBytes, slotCapacity, slotTable } from './layout';

export namespace SlotState {
  export const free: u32 = 0;
  export const asleep: u32 = 1;
  export const running: u32 = 2;
  export const ended: u32 = 3;
}

/** Why the tender has killed an instance. */
export namespace KilledFor {
  export const nothing: u32 = 0;
  export const stop: u32 = 1;
  export const timeLimit: u32 = 2;
}

export const maximumListening: u32 = 16;
export const reportBytes: usize = 1024;

// @ts-ignore: decorators of AssemblyScript
@unmanaged
export class Slot {
  state: u32;
  /** Tells events of an earlier user of this place from today's. */
  generation: u32;

  // The spec. Pointers lead into `block`.
  block: usize;
  blockLength: usize;
  isLazy: bool;
  /** Target hvt: the instance is a virtual machine (`hvt/monitor.ts`). */
  isMachine: bool;
  isPerConnection: bool;
  idleNs: u64;
  /** 0: none. */
  timeLimitNs: u64;
  memoryLimit: u64;
  stackBytes: u64;
  listen: usize;
  listenCount: u32;
  id: usize;
  idLength: u32;
  imagePath: usize;
  imagePathLength: u32;
  logPath: usize;
  logPathLength: u32;
  label: usize;
  labelLength: u32;
  environment: usize;
  environmentLength: u32;
  filter: usize;
  filterLength: u32;
  /** Where its outgoing connections are made, and what is said there of the slot; empty: it has none. */
  egressPath: usize;
  egressPathLength: u32;
  egressPolicy: usize;
  egressPolicyLength: u32;
  /** `Plan` of the image: in `block`, after the spec. */
  plan: usize;
  report: usize;
  reportLength: u32;

  // What is open.
  imageFd: i32;
  logFd: i32;
  logSize: u64;
  consoleFd: i32;
  trapFd: i32;
  /** Writing ends of both, of a slot that makes a machine for each connection; -1 otherwise. */
  consoleWriteFd: i32;
  trapWriteFd: i32;

  /** Lines about outgoing connections that may be written now (`egress.ts`). */
  lineTokens: u32;
  linesRefilledAt: u64;

  // The instance.
  /** On which it asks for outgoing connections; -1: on none. */
  channel: i32;
  bootCount: u32;
  pid: i32;
  startedAt: u64;
  startedMonotonic: u64;
  finishedAt: u64;
  waitStatus: u32;
  maximumResident: u64;
  /** Who of the tender killed it: `KilledFor`. */
  killedFor: u32;
  /** Machines for single connections that run now. */
  machineCount: u32;
  /** As many as may be, or no process could be made: nobody looks at the listening sockets. */
  isPaused: bool;
  /** When a paused slot without a machine looks again; monotonic nanoseconds, 0: when one of its machines ends. */
  resumeAt: u64;
  /** Number of the client's request to stop it, 0: none. Its connection may be gone by then: see `stopClient`. */
  stopRequest: u32;
  stopClient: u32;
  isStopping: bool;
  /** Monotonic nanoseconds; 0: the kill has been sent or is not due. For a stop, and for the time limit. */
  killAt: u64;
  limitAt: u64;
  /** First of `maximumListening` descriptors. */
  listening0: i32;
}

const listeningOffset: usize = offsetof<Slot>('listening0');

export function slotAt(index: i32): Slot {
  return changetype<Slot>(slotTable + <usize>index * slotBytes);
}

export function slotIndex(slot: Slot): i32 {
  return <i32>((changetype<usize>(slot) - slotTable) / slotBytes);
}

export function listeningFd(slot: Slot, index: u32): i32 {
  return load<i32>(changetype<usize>(slot) + listeningOffset + (index << 2));
}

export function setListeningFd(slot: Slot, index: u32, fd: i32): void {
  store<i32>(changetype<usize>(slot) + listeningOffset + (index << 2), fd);
}

/** Places at and above this one have never been used. */
export let slotsUsed: i32 = 0;

/** 0 when the table is full. Everything but the generation is zero, descriptors are -1. */
export function takeSlot(): Slot | null {
  for (let i = 0; i < slotCapacity; i++) {
    const slot = slotAt(i);
    if (slot.state != SlotState.free) continue;
    const generation = (slot.generation + 1) & 0xffffff;
    memory.fill(changetype<usize>(slot), 0, slotBytes);
    slot.generation = generation;
    slot.imageFd = -1;
    slot.logFd = -1;
    slot.consoleFd = -1;
    slot.trapFd = -1;
    slot.consoleWriteFd = -1;
    slot.trapWriteFd = -1;
    slot.channel = -1;
    for (let j: u32 = 0; j < maximumListening; j++) setListeningFd(slot, j, -1);
    if (i >= slotsUsed) slotsUsed = i + 1;
    return slot;
  }
  return null;
}

export function findSlot(id: usize, idLength: u32, except: Slot | null = null): Slot | null {
  for (let i = 0; i < slotsUsed; i++) {
    const slot = slotAt(i);
    if (slot.state == SlotState.free || slot == except || slot.idLength != idLength) continue;
    if (memory.compare(slot.id, id, idLength) == 0) return slot;
  }
  return null;
}

export function findPid(pid: i32): Slot | null {
  for (let i = 0; i < slotsUsed; i++) {
    const slot = slotAt(i);
    if (slot.state == SlotState.running && slot.pid == pid) return slot;
  }
  return null;
}
