/** Booting an instance in a slot, listening to it, and what happens when it ends. */
import { append, appendBytes, beginText, textLength } from './text';
import { becomeImage, bootFailedStatus } from './boot';
import { monotonic, wallClock } from './clock';
import { clientNumber, dropClient, sendDone, sendFailure, sendState } from './control';
import { consoleBuffer, consoleBytes, errorText, scratch } from './layout';
import {
  close,
  dup3,
  exitGroup,
  F_GETFL,
  F_SETFL,
  fcntl,
  fork,
  getpid,
  getppid,
  kill,
  native,
  O_CLOEXEC,
  O_NONBLOCK,
  pipe2,
  prctl,
  read,
  SIGKILL,
  wait4,
} from './linux';
import { becomeMonitor } from './hvt/monitor';
import { closeLog, logLines, openLog } from './log';
import { fail, failureLength, failWith } from './failure';
import { findPid, listeningFd, reportBytes, Slot, SlotState, slotAt, slotsUsed } from './slot';
import { closeSockets, hangUpSockets } from './sockets';
import { releaseSlot } from './slots';
import { closeWatched, unwatch, watchConsole, watchListening, watchTrap } from './watch';

const PR_SET_PDEATHSIG: i32 = 1;
const WNOHANG: i32 = 1;
const endOfPipe: i64 = 0;

export let slotCount: i32 = 0;
let stoppingCount: i32 = 0;

export function countSlot(change: i32): void {
  slotCount += change;
}

/** Read end in `scratch`, write end in `scratch + 4`. Only the reading side never blocks. */
function openPipe(): i64 {
  const error = pipe2(native(scratch), O_CLOEXEC);
  if (error < 0) return error;
  const reading = load<i32>(scratch);
  fcntl(reading, F_SETFL, fcntl(reading, F_GETFL, 0) | O_NONBLOCK);
  return 0;
}

function enterChild(slot: Slot, parent: i64, consoleWrite: i32, trapWrite: i32): void {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  // The tender may have died before the call above.
  if (getppid() != parent) exitGroup(128 + SIGKILL);
  dup3(consoleWrite, 1, 0);
  dup3(trapWrite, 2, 0);
  if (slot.isMachine) becomeMonitor(slot, true, -1, 0);
  else becomeImage(slot, true);
}

/**
 * Nobody will serve this slot again; its client stops it and starts another. Until then connections are refused, so that
 * whoever asks can go elsewhere at once, instead of waiting for the reset that `stop` would be.
 */
function endSlot(slot: Slot): void {
  closeSockets(slot);
  slot.state = SlotState.ended;
  sendState(0, slot);
}

/** A lazy slot's image could not be booted: told like an instance that has ended. */
export function reportBootFailure(slot: Slot): void {
  const length = min<usize>(failureLength(), reportBytes - 6);
  beginText(slot.report, reportBytes);
  append('boot: ');
  appendBytes(errorText, length);
  slot.reportLength = <u32>textLength();
  slot.waitStatus = <u32>bootFailedStatus << 8;
  slot.finishedAt = wallClock();
  endSlot(slot);
}

/** Nobody but the image looks at the slot's listening sockets while it runs. */
export function bootSlot(slot: Slot): bool {
  const parent = getpid();
  if (!openLog(slot)) return false;
  let error = openPipe();
  if (error < 0) {
    closeOutputs(slot);
    return failWith('BootFailed', 'no console pipe', error);
  }
  slot.consoleFd = load<i32>(scratch);
  const consoleWrite = load<i32>(scratch, 4);
  error = openPipe();
  if (error < 0) {
    close(consoleWrite);
    closeOutputs(slot);
    return failWith('BootFailed', 'no trap pipe', error);
  }
  slot.trapFd = load<i32>(scratch);
  const trapWrite = load<i32>(scratch, 4);

  if (slot.state == SlotState.asleep && slot.isLazy) unwatchListening(slot);
  slot.startedAt = wallClock();
  slot.startedMonotonic = monotonic();
  slot.finishedAt = 0;
  slot.waitStatus = 0;
  slot.maximumResident = 0;
  slot.reportLength = 0;
  slot.wasStopped = false;
  const pid = fork();
  if (pid == 0) enterChild(slot, parent, consoleWrite, trapWrite);
  close(consoleWrite);
  close(trapWrite);
  if (pid < 0) {
    closeOutputs(slot);
    return failWith('BootFailed', 'no process for the image', pid);
  }
  slot.pid = <i32>pid;
  slot.bootCount += 1;
  slot.state = SlotState.running;
  watchConsole(slot);
  watchTrap(slot);
  return true;
}

function closeOutputs(slot: Slot): void {
  closeLog(slot);
  closeWatched(slot.consoleFd);
  closeWatched(slot.trapFd);
  slot.consoleFd = -1;
  slot.trapFd = -1;
}

function unwatchListening(slot: Slot): void {
  for (let i: u32 = 0; i < slot.listenCount; i++) unwatch(listeningFd(slot, i));
}

export function sleepSlot(slot: Slot): void {
  slot.state = SlotState.asleep;
  slot.pid = 0;
  for (let i: u32 = 0; i < slot.listenCount; i++) watchListening(slot, listeningFd(slot, i));
}

/** The end of what the instance said counts: a trap line is the last thing it writes. */
function keepReport(slot: Slot, length: usize): void {
  const kept = min<usize>(length, reportBytes);
  const before = min<u32>(slot.reportLength, <u32>(reportBytes - kept));
  memory.copy(slot.report, slot.report + (slot.reportLength - before), before);
  memory.copy(slot.report + <usize>before, consoleBuffer + (length - kept), kept);
  slot.reportLength = before + <u32>kept;
}

/** One read of a pipe; whether there may be more. Reading little at a time keeps a chatty instance from holding up others. */
export function drainConsole(slot: Slot): bool {
  const length = read(slot.consoleFd, native(consoleBuffer), consoleBytes);
  if (length > 0) logLines(slot, false, consoleBuffer, <usize>length);
  else if (length == endOfPipe) unwatch(slot.consoleFd);
  return length > 0;
}

export function drainTrap(slot: Slot): bool {
  const length = read(slot.trapFd, native(consoleBuffer), consoleBytes);
  if (length > 0) {
    keepReport(slot, <usize>length);
    logLines(slot, true, consoleBuffer, <usize>length);
  } else if (length == endOfPipe) unwatch(slot.trapFd);
  return length > 0;
}

/** An image that was told to sleep after some time and ended well, not before that time. */
function fellAsleep(slot: Slot): bool {
  if (!slot.isLazy || slot.waitStatus != 0 || slot.idleNs == 0) return false;
  return monotonic() - slot.startedMonotonic >= slot.idleNs;
}

function endInstance(slot: Slot): void {
  // The writer is dead: what the pipes still hold is all there will ever be.
  while (drainConsole(slot)) {}
  while (drainTrap(slot)) {}
  closeOutputs(slot);
  slot.finishedAt = wallClock();
  slot.killAt = 0;
  if (slot.isStopping) {
    finishStop(slot);
  } else if (fellAsleep(slot)) {
    sleepSlot(slot);
    sendState(0, slot);
  } else {
    endSlot(slot);
  }
}

export function reapInstances(): void {
  const status = scratch;
  const usage = scratch + 16;
  while (true) {
    const pid = wait4(-1, native(status), WNOHANG, native(usage));
    if (pid <= 0) return;
    const slot = findPid(<i32>pid);
    if (!slot) continue;
    slot.waitStatus = load<u32>(status);
    slot.maximumResident = load<u64>(usage, 32); // ru_maxrss, KiB
    endInstance(slot);
  }
}

function finishStop(slot: Slot): void {
  stoppingCount -= 1;
  const request = slot.stopRequest;
  const isStillThere = slot.stopClient == clientNumber;
  slot.state = SlotState.ended;
  if (isStillThere) sendState(0, slot);
  releaseSlot(slot);
  countSlot(-1);
  if (isStillThere) sendDone(request);
}

/** Answers the request when the instance is gone. */
export function stopSlot(slot: Slot, request: u32, client: u32, graceMs: u32): void {
  if (slot.isStopping && slot.stopClient == client) {
    fail('Superseded', 'another request to stop this slot has taken over');
    sendFailure(slot.stopRequest);
  }
  slot.stopRequest = request;
  slot.stopClient = client;
  if (slot.state != SlotState.running) {
    releaseSlot(slot);
    countSlot(-1);
    sendDone(request);
    return;
  }
  if (!slot.isStopping) {
    hangUpSockets(slot);
    slot.isStopping = true;
    stoppingCount += 1;
  }
  if (graceMs == 0) killInstance(slot);
  else slot.killAt = monotonic() + <u64>graceMs * 1_000_000;
}

function killInstance(slot: Slot): void {
  slot.killAt = 0;
  slot.wasStopped = true;
  kill(slot.pid, SIGKILL);
}

/** Kills what has not ended in its grace time; returns when to look again, 0: never. */
export function killOverdue(): u64 {
  if (stoppingCount == 0) return 0;
  const now = monotonic();
  let next: u64 = 0;
  for (let i = 0; i < slotsUsed; i++) {
    const slot = slotAt(i);
    if (slot.state != SlotState.running || slot.killAt == 0) continue;
    if (slot.killAt <= now) killInstance(slot);
    else if (next == 0 || slot.killAt < next) next = slot.killAt;
  }
  return next;
}

/** The tender's own end. */
export function killAll(): void {
  for (let i = 0; i < slotsUsed; i++) {
    const slot = slotAt(i);
    if (slot.state == SlotState.running) kill(slot.pid, SIGKILL);
  }
  while (wait4(-1, 0, 0, 0) > 0) {}
  dropClient();
}
