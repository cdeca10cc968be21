/** `serve SOCKETPATH GRACE`: the machine's tender. One thread, one epoll set, one client at a time. */
import { append, appendByte, beginText, textLength } from './text';
import { argumentNumber, readArgument } from './arguments';
import { monotonic } from './clock';
import {
  adoptClient,
  clientFd,
  clientNumber,
  consumeFrame,
  dropClient,
  flushOutput,
  frameHello,
  frameList,
  frameStart,
  frameStop,
  hasOutput,
  largestState,
  nextFrame,
  outputRoom,
  receive,
  sendDone,
  sendFailure,
  sendState,
} from './control';
import { descriptorsReserved, dropOutputs } from './descriptors';
import { onChannelEvent, onDialEvent } from './egress';
import { fail, failureLength, failWith } from './failure';
import {
  bootSlot,
  countSlot,
  drainConsole,
  drainTrap,
  killAll,
  killOverdue,
  reapInstances,
  reportBootFailure,
  serveConnections,
  sleepSlot,
  slotCount,
  stopSlot,
} from './instances';
import { argumentBuffer, consoleBuffer, errorText, eventCapacity, events, scratch } from './layout';
import {
  accept4,
  AF_UNIX,
  AT_FDCWD,
  bind,
  close,
  EMFILE,
  EPOLLOUT,
  epollPwait,
  exitGroup,
  F_DUPFD_CLOEXEC,
  fcntl,
  flock,
  listen,
  LOCK_EXCLUSIVE_NOW,
  native,
  O_CLOEXEC,
  O_CREAT,
  O_NONBLOCK,
  O_RDWR,
  openat,
  prlimit,
  read,
  rtSigprocmask,
  SIGCHLD,
  SIGHUP,
  SIGINT,
  signalfd,
  SIGTERM,
  socket,
  STREAM_SOCKET,
  umask,
  unlink,
  write,
} from './linux';
import { beginReading, fieldLength, fieldPointer, isReadWhole, readField, readU32 } from './reader';
import { findSlot, slotAt, SlotState, slotsUsed } from './slot';
import { createSlot, releaseSlot } from './slots';
import { createWatch, epollFd, Source, watch, watchClient } from './watch';

const protocolVersion: u32 = 3;
const longestSocketPath: i32 = 107;
const controlBacklog: i32 = 16;
const RLIMIT_NOFILE: i32 = 7;
const SIG_BLOCK: i32 = 0;
const socketPath: usize = argumentBuffer + 0x400;

let controlFd: i32 = -1;
let signalFd: i32 = -1;
let spareFd: i32 = -1;
let wantsToWrite: bool = false;
/** What the slot list's reader still has to get; `listRequest` 0: nobody reads it. */
let listRequest: u32 = 0;
let listNext: i32 = 0;
let graceNs: u64 = 0;
let withoutClientSince: u64 = 0;
let hadClient: bool = false;

function sayOnOutput(text: string): void {
  beginText(scratch, 64);
  append(text);
  appendByte(10);
  write(1, native(scratch), textLength());
}

function isOnlyTender(length: i32): bool {
  memory.copy(argumentBuffer + 0x800, socketPath, length);
  beginText(argumentBuffer + 0x800 + length, 16);
  append('.lock');
  appendByte(0);
  const lock = openat(AT_FDCWD, native(argumentBuffer + 0x800), O_RDWR | O_CREAT | O_CLOEXEC, 0o600);
  if (lock < 0) return failWith('StartFailed', 'the lock file beside the socket cannot be opened', lock);
  // Held until the process ends.
  return flock(lock, LOCK_EXCLUSIVE_NOW) == 0 || fail('Busy', 'busy');
}

function openControl(): bool {
  const length = readArgument(2);
  if (length < 1 || length > longestSocketPath) return fail('StartFailed', 'the socket path is missing or longer than 107 bytes');
  memory.copy(socketPath, argumentBuffer, length + 1);
  const grace = argumentNumber(readArgument(3));
  if (grace < 0) return fail('StartFailed', 'usage: serve SOCKETPATH CLIENT_GRACE_MS');
  graceNs = <u64>grace * 1_000_000;
  if (!isOnlyTender(length)) return false;

  unlink(native(socketPath));
  const fd = socket(AF_UNIX, STREAM_SOCKET, 0);
  if (fd < 0) return failWith('StartFailed', 'no control socket', fd);
  store<u16>(scratch, AF_UNIX);
  memory.copy(scratch + 2, socketPath, length + 1);
  umask(0o077);
  const bound = bind(fd, native(scratch), length + 3);
  if (bound < 0) return failWith('StartFailed', 'the control socket cannot be bound', bound);
  const listened = listen(fd, controlBacklog);
  if (listened < 0) return failWith('StartFailed', 'the control socket cannot listen', listened);
  controlFd = <i32>fd;
  return true;
}

function signalBit(signal: i32): u64 {
  return (<u64>1) << (signal - 1);
}

function openSignals(): bool {
  store<u64>(scratch, signalBit(SIGCHLD) | signalBit(SIGTERM) | signalBit(SIGINT) | signalBit(SIGHUP));
  rtSigprocmask(SIG_BLOCK, native(scratch), 0, 8);
  const fd = signalfd(-1, native(scratch), 8, O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return failWith('StartFailed', 'no signal descriptor', fd);
  signalFd = <i32>fd;
  return true;
}

function raiseDescriptorLimit(): void {
  prlimit(0, RLIMIT_NOFILE, 0, native(scratch));
  store<u64>(scratch, load<u64>(scratch, 8));
  prlimit(0, RLIMIT_NOFILE, native(scratch), 0);
}

function end(): void {
  killAll();
  unlink(native(socketPath));
  exitGroup(0);
}

function onClientGone(): void {
  dropClient();
  keepSpare();
  listRequest = 0;
  withoutClientSince = monotonic();
}

function onStart(request: u32, payload: usize, length: usize): void {
  const slot = createSlot(payload, length, true);
  if (!slot) return sendFailure(request);
  if (slot.isLazy || slot.isPerConnection) {
    sleepSlot(slot);
  } else if (!bootSlot(slot)) {
    sendFailure(request);
    return releaseSlot(slot);
  }
  countSlot(1);
  sendState(request, slot);
  sendDone(request);
}

function onStop(request: u32, payload: usize, length: usize): void {
  beginReading(payload, length);
  const graceMs = readU32();
  readField(256);
  if (!isReadWhole()) {
    fail('InvalidRequest', 'a stop request is damaged');
    return sendFailure(request);
  }
  const slot = findSlot(fieldPointer, fieldLength);
  if (slot) stopSlot(slot, request, clientNumber, graceMs);
  else sendDone(request);
}

function onHello(request: u32, payload: usize, length: usize): void {
  beginReading(payload, length);
  if (readU32() == protocolVersion) return sendDone(request);
  fail('VersionMismatch', 'the running tender is of another version of Diatom; stop it first (its process ends with SIGTERM)');
  sendFailure(request);
}

function onFrame(frame: usize): void {
  const length = <usize>load<u32>(frame) - 8;
  const kind = load<u32>(frame, 4);
  const request = load<u32>(frame, 8);
  const payload = frame + 12;
  if (kind == frameHello) onHello(request, payload, length);
  else if (kind == frameStart) onStart(request, payload, length);
  else if (kind == frameStop) onStop(request, payload, length);
  else if (kind == frameList) {
    if (listRequest != 0) sendDone(listRequest);
    listRequest = request;
    listNext = 0;
  } else {
    fail('InvalidRequest', 'unknown kind of request');
    sendFailure(request);
  }
}

function continueList(): void {
  while (listRequest != 0 && outputRoom() > 4 * largestState) {
    if (listNext >= slotsUsed) {
      sendDone(listRequest);
      listRequest = 0;
      return;
    }
    const slot = slotAt(listNext);
    if (slot.state != SlotState.free) sendState(listRequest, slot);
    listNext++;
  }
}

/** Requests wait while the client does not read its answers. */
function serveClient(): void {
  flushOutput();
  continueList();
  for (let frame = nextFrame(); frame != 0 && outputRoom() > 4 * largestState; frame = nextFrame()) {
    onFrame(frame);
    if (clientFd < 0) break;
    consumeFrame();
    continueList();
  }
  if (clientFd < 0) return onClientGone();
  if (hasOutput() == wantsToWrite) return;
  wantsToWrite = hasOutput();
  watchClient(clientFd, wantsToWrite, false);
}

/** A descriptor for the first client that comes when slots hold all others. */
function keepSpare(): void {
  if (spareFd < 0) spareFd = <i32>fcntl(0, F_DUPFD_CLOEXEC, descriptorsReserved);
}

function acceptClient(): void {
  let fd = accept4(controlFd, 0, 0, O_NONBLOCK | O_CLOEXEC);
  if (fd == EMFILE) {
    // Whoever waits is reported without end: it gets the present client's descriptor, or the spare one.
    if (clientFd >= 0) onClientGone();
    close(spareFd);
    spareFd = -1;
    fd = accept4(controlFd, 0, 0, O_NONBLOCK | O_CLOEXEC);
  }
  if (fd < 0) return keepSpare();
  adoptClient(<i32>fd);
  listRequest = 0;
  wantsToWrite = false;
  hadClient = true;
  watchClient(<i32>fd, false, true);
}

function onSignals(): void {
  // struct signalfd_siginfo: 128 bytes, u32 signal first
  while (read(signalFd, native(consoleBuffer), 128) == 128) {
    const signal = load<u32>(consoleBuffer);
    if (signal == SIGTERM || signal == SIGINT) end();
  }
  reapInstances();
}

function onSlotEvent(source: u32, data: u64): void {
  const slot = slotAt(<i32>data);
  if (slot.generation != (<u32>(data >> 32) & 0xffffff) || slot.state == SlotState.free) return;
  if (source == Source.console) drainConsole(slot);
  else if (source == Source.trap) drainTrap(slot);
  else if (slot.state == SlotState.asleep) {
    if (slot.isPerConnection) serveConnections(slot);
    else if (bootSlot(slot)) sendState(0, slot);
    else reportBootFailure(slot);
  }
}

function onEvent(mask: u32, data: u64): void {
  const source = <u32>(data >> 56);
  if (source == Source.control) acceptClient();
  else if (source == Source.signal) onSignals();
  else if (source == Source.channel) onChannelEvent(<i32>data, <u32>(data >> 32) & 0xffffff, mask);
  else if (source == Source.dial) onDialEvent(<i32>data, <u32>(data >> 32) & 0xffffff);
  else if (source != Source.client) onSlotEvent(source, data);
  else if (clientFd >= 0) {
    if ((mask & ~EPOLLOUT) != 0 && !receive()) onClientGone();
    else serveClient();
  }
}

/** Milliseconds to sleep at most, -1: for ever. */
function timeoutMs(): i64 {
  let next = killOverdue();
  const now = monotonic();
  if (clientFd < 0) {
    const deadline = withoutClientSince + (slotCount == 0 && hadClient ? 0 : graceNs);
    if (now >= deadline) end();
    if (next == 0 || deadline < next) next = deadline;
  }
  if (next == 0) return -1;
  return next <= now ? 0 : (next - now) / 1_000_000 + 1;
}

function loop(): void {
  while (true) {
    const count = <i32>epollPwait(epollFd, native(events), eventCapacity, timeoutMs(), 0, 8);
    for (let i = 0; i < count; i++) {
      const event = events + <usize>i * 12;
      onEvent(load<u32>(event), load<u64>(event, 4));
    }
    // Events may have been sent for slots whose instance ended; what is left of them waits for room.
    if (clientFd >= 0) serveClient();
    else if (wantsToWrite) onClientGone();
  }
}

export function serve(): void {
  if (!openControl() || !openSignals() || !createWatch()) {
    write(1, native(errorText), failureLength());
    sayOnOutput('');
    exitGroup(1);
  }
  raiseDescriptorLimit();
  keepSpare();
  watch(controlFd, Source.control);
  watch(signalFd, Source.signal);
  withoutClientSince = monotonic();
  sayOnOutput('ready');
  dropOutputs();
  loop();
}
