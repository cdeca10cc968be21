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
  fork,
  getpid,
  getppid,
  kill,
  native,
  prctl,
  read,
  SIGKILL,
  wait4,
} from './linux';
import { childEnd, closeChannel, closeChildEnd, nextChannelDue, openChannel, resumeChannels } from './egress';
import { becomeMonitor } from './hvt/monitor';
import { logLines } from './log';
import { closeOutputs, openOutputs } from './outputs';
import { fail, failureLength, failWith } from './failure';
import { Admission, forgetMachine, killAllMachines, killMachines, killOverdueMachines, makeMachines, nextMachineDeadline } from './machines';
import { findPid, KilledFor, listeningFd, reportBytes, Slot, SlotState, slotAt, slotsUsed } from './slot';
import { closeSockets, hangUpSockets } from './sockets';
import { releaseSlot } from './slots';
import { unwatch, watchConsole, watchListening, watchTrap } from './watch';

const PR_SET_PDEATHSIG: i32 = 1;
const WNOHANG: i32 = 1;
const endOfPipe: i64 = 0;
/** How long a slot that could make no machine for a connection leaves the next ones waiting. */
const retryNs: u64 = 100_000_000;

export let slotCount: i32 = 0;

export function countSlot(change: i32): void {
  slotCount += change;
}

function enterChild(slot: Slot, parent: i64, consoleWrite: i32, trapWrite: i32, requests: i32): void {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  // The tender may have died before the call above.
  if (getppid() != parent) exitGroup(128 + SIGKILL);
  dup3(consoleWrite, 1, 0);
  dup3(trapWrite, 2, 0);
  if (slot.isMachine) becomeMonitor(slot, true, requests, -1, 0);
  else becomeImage(slot, true, requests);
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
  if (!openOutputs(slot)) return false;
  if (slot.egressPathLength != 0) {
    slot.channel = openChannel(slot);
    if (slot.channel < 0) {
      closeOutputs(slot);
      return false;
    }
  }
  const consoleWrite = slot.consoleWriteFd;
  const trapWrite = slot.trapWriteFd;
  slot.consoleWriteFd = -1;
  slot.trapWriteFd = -1;

  if (slot.state == SlotState.asleep && slot.isLazy) unwatchListening(slot);
  slot.startedAt = wallClock();
  slot.startedMonotonic = monotonic();
  slot.finishedAt = 0;
  slot.waitStatus = 0;
  slot.maximumResident = 0;
  slot.reportLength = 0;
  slot.killedFor = KilledFor.nothing;
  slot.limitAt = slot.timeLimitNs == 0 ? 0 : slot.startedMonotonic + slot.timeLimitNs;
  wakeAt(slot.limitAt);
  const pid = fork();
  if (pid == 0) enterChild(slot, parent, consoleWrite, trapWrite, childEnd(slot.channel));
  close(consoleWrite);
  close(trapWrite);
  closeChildEnd(slot.channel);
  if (pid < 0) {
    closeOutputs(slot);
    forgetChannel(slot);
    return failWith('BootFailed', 'no process for the image', pid);
  }
  slot.pid = <i32>pid;
  slot.bootCount += 1;
  slot.state = SlotState.running;
  watchConsole(slot);
  watchTrap(slot);
  return true;
}

function forgetChannel(slot: Slot): void {
  closeChannel(slot.channel);
  slot.channel = -1;
}

function unwatchListening(slot: Slot): void {
  for (let i: u32 = 0; i < slot.listenCount; i++) unwatch(listeningFd(slot, i));
}

function watchAllListening(slot: Slot): void {
  for (let i: u32 = 0; i < slot.listenCount; i++) watchListening(slot, listeningFd(slot, i));
}

export function sleepSlot(slot: Slot): void {
  slot.state = SlotState.asleep;
  slot.pid = 0;
  watchAllListening(slot);
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
  forgetChannel(slot);
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
    if (!slot) {
      onMachineEnd(<i32>pid);
      continue;
    }
    slot.waitStatus = load<u32>(status);
    slot.maximumResident = load<u64>(usage, 32); // ru_maxrss, KiB
    endInstance(slot);
  }
}

function finishStop(slot: Slot): void {
  const request = slot.stopRequest;
  const isStillThere = slot.stopClient == clientNumber;
  slot.state = SlotState.ended;
  if (isStillThere) sendState(0, slot);
  releaseSlot(slot);
  countSlot(-1);
  if (isStillThere) sendDone(request);
}

/** Something of the slot runs. */
function isBusy(slot: Slot): bool {
  return slot.state == SlotState.running || (slot.state == SlotState.asleep && slot.machineCount > 0);
}

/** Answers the request when the instance is gone. */
export function stopSlot(slot: Slot, request: u32, client: u32, graceMs: u32): void {
  if (slot.isStopping && slot.stopClient == client) {
    fail('Superseded', 'another request to stop this slot has taken over');
    sendFailure(slot.stopRequest);
  }
  slot.stopRequest = request;
  slot.stopClient = client;
  if (!isBusy(slot)) {
    releaseSlot(slot);
    countSlot(-1);
    sendDone(request);
    return;
  }
  if (!slot.isStopping) {
    hangUpSockets(slot);
    // Hung-up sockets are ready for ever.
    if (slot.isPerConnection) unwatchListening(slot);
    slot.isStopping = true;
  }
  if (graceMs == 0) killInstance(slot, KilledFor.stop);
  else slot.killAt = monotonic() + <u64>graceMs * 1_000_000;
  wakeAt(slot.killAt);
}

function killInstance(slot: Slot, reason: u32): void {
  slot.killAt = 0;
  slot.limitAt = 0;
  slot.killedFor = reason;
  if (slot.isPerConnection) killMachines(slot);
  else kill(slot.pid, SIGKILL);
}

/** When somebody has to be killed or a paused slot may go on; 0: never. */
let nextDue: u64 = 0;

function wakeAt(time: u64): void {
  if (time != 0 && (nextDue == 0 || time < nextDue)) nextDue = time;
}

function killOverdueInstance(slot: Slot, now: u64): void {
  if (!isBusy(slot)) return;
  if (slot.killAt != 0 && slot.killAt <= now) killInstance(slot, KilledFor.stop);
  else if (slot.limitAt != 0 && slot.limitAt <= now) killInstance(slot, KilledFor.timeLimit);
  wakeAt(slot.killAt);
  wakeAt(slot.limitAt);
}

/** 0: never. */
function earlier(a: u64, b: u64): u64 {
  return a == 0 || (b != 0 && b < a) ? b : a;
}

/** Kills what has not ended in its grace time or time limit, resumes what was paused; returns when to look again, 0: never. */
export function killOverdue(): u64 {
  return earlier(killOverdueInstances(), resumeChannels(nextChannelDue == 0 ? 0 : monotonic()));
}

function killOverdueInstances(): u64 {
  const now = nextDue == 0 ? 0 : monotonic();
  if (now < nextDue || nextDue == 0) return nextDue;
  nextDue = 0;
  for (let i = 0; i < slotsUsed; i++) {
    const slot = slotAt(i);
    killOverdueInstance(slot, now);
    if (slot.state != SlotState.asleep || slot.resumeAt == 0) continue;
    if (slot.resumeAt <= now) resumeSlot(slot);
    else wakeAt(slot.resumeAt);
  }
  wakeAt(killOverdueMachines(now));
  return nextDue;
}

function onMachineEnd(pid: i32): void {
  const slot = forgetMachine(pid);
  if (!slot) return;
  if (slot.machineCount == 0 && slot.isStopping) {
    while (drainConsole(slot)) {}
    while (drainTrap(slot)) {}
    closeOutputs(slot);
    slot.finishedAt = wallClock();
    return finishStop(slot);
  }
  resumeSlot(slot);
}

function resumeSlot(slot: Slot): void {
  if (!slot.isPaused || slot.isStopping) return;
  slot.isPaused = false;
  slot.resumeAt = 0;
  watchAllListening(slot);
}

/** For all machines of the slot, as long as it lives. */
function openSharedOutputs(slot: Slot): bool {
  if (!openOutputs(slot)) return false;
  watchConsole(slot);
  watchTrap(slot);
  return true;
}

/** One batch of connections of a slot that makes a machine for each. */
export function serveConnections(slot: Slot): void {
  if (slot.isStopping || slot.isPaused) return;
  if (slot.consoleWriteFd < 0 && !openSharedOutputs(slot)) return reportBootFailure(slot);
  const verdict = makeMachines(slot);
  wakeAt(nextMachineDeadline);
  if (verdict == Admission.open) return;
  slot.isPaused = true;
  unwatchListening(slot);
  // With a machine running, its end resumes; without one, somebody else has what is missing.
  if (slot.machineCount == 0) slot.resumeAt = monotonic() + retryNs;
  wakeAt(slot.resumeAt);
}

/** The tender's own end. */
export function killAll(): void {
  for (let i = 0; i < slotsUsed; i++) {
    const slot = slotAt(i);
    if (slot.state == SlotState.running) kill(slot.pid, SIGKILL);
  }
  killAllMachines();
  while (wait4(-1, 0, 0, 0) > 0) {}
  dropClient();
}
