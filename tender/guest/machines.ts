/**
 * Virtual machines for single connections (`per-connection`): made when a connection comes, gone with it. The slot stays
 * asleep; its machines share console and trap pipe, and how each ends is told in the log.
 */
import { monotonic, wallClock } from './clock';
import { childEnd, closeChannel, closeChildEnd, openChannel } from './egress';
import { becomeMonitor } from './hvt/monitor';
import { errorText, errorTextBytes, machineTable } from './layout';
import { accept4, close, dup3, EAGAIN, EINTR, exitGroup, fork, getpid, getppid, kill, prctl, SIGKILL } from './linux';
import { logLines } from './log';
import { listeningFd, Slot, slotAt, slotIndex } from './slot';
import { append, appendByte, beginText, textLength } from './text';

/** Of one slot at once; further connections wait in the socket's queue. */
const mostPerSlot: u32 = 64;
const mostMachines: i32 = 1024;
const SOCK_NONBLOCK_CLOEXEC: i64 = 0x80800;
const PR_SET_PDEATHSIG: i32 = 1;
const ECONNABORTED: i64 = -103;

export namespace Admission {
  export const open: i32 = 0;
  /** As many machines as may be, or no descriptor or process for another. */
  export const full: i32 = 1;
}

// @ts-ignore: decorators of AssemblyScript
@unmanaged
class Machine {
  /** 0: the place is free. */
  pid: i32;
  slot: i32;
  /** Monotonic nanoseconds; 0: no limit, or killed. */
  limitAt: u64;
  /** On which it asks for outgoing connections; -1: on none. */
  channel: i32;
}

const machineBytes: usize = 24;
/** Places at and above this one have never been used. */
let used: i32 = 0;
export let nextMachineDeadline: u64 = 0;

function machineAt(index: i32): Machine {
  return changetype<Machine>(machineTable + <usize>index * machineBytes);
}

/** -1: none. */
function freePlace(): i32 {
  for (let i = 0; i < used; i++) if (machineAt(i).pid == 0) return i;
  return used < mostMachines ? used++ : -1;
}

function enterChild(slot: Slot, parent: i64, requests: i32, connection: i32, listener: u32): void {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  // The tender may have died before the call above.
  if (getppid() != parent) exitGroup(128 + SIGKILL);
  dup3(slot.consoleWriteFd, 1, 0);
  dup3(slot.trapWriteFd, 2, 0);
  becomeMonitor(slot, true, requests, connection, listener);
}

function makeMachine(slot: Slot, place: i32, connection: i32, listener: u32): bool {
  const channel = slot.egressPathLength == 0 ? -1 : openChannel(slot);
  if (channel < 0 && slot.egressPathLength != 0) return false;
  const parent = getpid();
  const pid = fork();
  if (pid == 0) enterChild(slot, parent, childEnd(channel), connection, listener);
  closeChildEnd(channel);
  if (pid < 0) {
    closeChannel(channel);
    return false;
  }
  const machine = machineAt(place);
  machine.pid = <i32>pid;
  machine.slot = slotIndex(slot);
  machine.channel = channel;
  machine.limitAt = slot.timeLimitNs == 0 ? 0 : monotonic() + slot.timeLimitNs;
  if (machine.limitAt != 0 && (nextMachineDeadline == 0 || machine.limitAt < nextMachineDeadline)) {
    nextMachineDeadline = machine.limitAt;
  }
  slot.startedAt = wallClock();
  slot.machineCount += 1;
  slot.bootCount += 1;
  return true;
}

/** What waits on one listening socket. */
function makeMachinesFrom(slot: Slot, listener: u32): i32 {
  while (slot.machineCount < mostPerSlot) {
    const place = freePlace();
    if (place < 0) return Admission.full;
    const fd = accept4(listeningFd(slot, listener), 0, 0, SOCK_NONBLOCK_CLOEXEC);
    if (fd == EINTR || fd == ECONNABORTED) continue;
    if (fd < 0) return fd == EAGAIN ? Admission.open : Admission.full;
    const isMade = makeMachine(slot, place, <i32>fd, listener);
    close(fd);
    if (!isMade) return Admission.full;
  }
  return Admission.full;
}

export function makeMachines(slot: Slot): i32 {
  for (let i: u32 = 0; i < slot.listenCount; i++) {
    const admission = makeMachinesFrom(slot, i);
    if (admission != Admission.open) return admission;
  }
  return Admission.open;
}

/** The slot whose machine has ended; null: it was none. */
export function forgetMachine(pid: i32): Slot | null {
  for (let i = 0; i < used; i++) {
    const machine = machineAt(i);
    if (machine.pid != pid) continue;
    machine.pid = 0;
    machine.limitAt = 0;
    closeChannel(machine.channel);
    const slot = slotAt(machine.slot);
    slot.machineCount -= 1;
    return slot;
  }
  return null;
}

export function killMachines(slot: Slot): void {
  const index = slotIndex(slot);
  for (let i = 0; i < used; i++) {
    const machine = machineAt(i);
    if (machine.pid != 0 && machine.slot == index) kill(machine.pid, SIGKILL);
  }
}

export function killAllMachines(): void {
  for (let i = 0; i < used; i++) if (machineAt(i).pid != 0) kill(machineAt(i).pid, SIGKILL);
}

function tellOverdue(slot: Slot): void {
  beginText(errorText, errorTextBytes);
  append('killed: the instance of one connection ran longer than its time limit');
  appendByte(10);
  // The writer of lines builds texts of its own.
  const length = textLength();
  logLines(slot, true, errorText, length);
}

/** Returns when to look again; 0: never. */
export function killOverdueMachines(now: u64): u64 {
  nextMachineDeadline = 0;
  for (let i = 0; i < used; i++) {
    const machine = machineAt(i);
    if (machine.pid == 0 || machine.limitAt == 0) continue;
    if (machine.limitAt <= now) {
      machine.limitAt = 0;
      kill(machine.pid, SIGKILL);
      tellOverdue(slotAt(machine.slot));
    } else if (nextMachineDeadline == 0 || machine.limitAt < nextMachineDeadline) {
      nextMachineDeadline = machine.limitAt;
    }
  }
  return nextMachineDeadline;
}
