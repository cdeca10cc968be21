/** The client's connection: frames in, frames out (`tender/process/frames.ts` is the other side). */
import { failureCode, failureLength } from './failure';
import { errorText, inputBuffer, inputBytes, maximumFrame, outputBuffer, outputBytes } from './layout';
import { EAGAIN, EINTR, MSG_NOSIGNAL, native, recvfrom, sendto } from './linux';
import { Slot } from './slot';
import { SlotState } from './slot';
import { closeWatched } from './watch';

export const frameHello: u32 = 1;
export const frameStart: u32 = 2;
export const frameStop: u32 = 3;
export const frameList: u32 = 4;
const frameDone: u32 = 0x80;
const frameFailed: u32 = 0x81;
const frameState: u32 = 0x82;

/** -1: none. */
export let clientFd: i32 = -1;
/** Counts connections, so that a late answer goes to nobody instead of to the next client. */
export let clientNumber: u32 = 0;

/** What has come and is not consumed yet. */
let inputStart: usize = 0;
let inputEnd: usize = 0;
let outputStart: usize = 0;
let outputEnd: usize = 0;

/** Room a state frame may need: fixed part, id, label and report. */
export const largestState: usize = 10_240;

export function dropClient(): void {
  closeWatched(clientFd);
  clientFd = -1;
}

export function adoptClient(fd: i32): void {
  dropClient();
  clientFd = fd;
  clientNumber += 1;
  inputStart = 0;
  inputEnd = 0;
  outputStart = 0;
  outputEnd = 0;
}

export function hasOutput(): bool {
  return outputEnd > outputStart;
}

export function outputRoom(): usize {
  return outputBytes - (outputEnd - outputStart);
}

export function flushOutput(): void {
  while (clientFd >= 0 && outputEnd > outputStart) {
    const sent = sendto(clientFd, native(outputBuffer + outputStart), outputEnd - outputStart, MSG_NOSIGNAL, 0, 0);
    if (sent == EINTR) continue;
    if (sent == EAGAIN) return;
    if (sent < 0) {
      dropClient();
      return;
    }
    outputStart += <usize>sent;
  }
}

// One frame is written at a time, from `begin` to `endFrame`.
let frame: usize = 0;
let cursor: usize = 0;

function begin(kind: u32, request: u32, room: usize): bool {
  if (clientFd < 0) return false;
  if (outputBytes - outputEnd < room && outputStart > 0) {
    memory.copy(outputBuffer, outputBuffer + outputStart, outputEnd - outputStart);
    outputEnd -= outputStart;
    outputStart = 0;
  }
  if (outputBytes - outputEnd < room) {
    // A client that does not read: it connects again and lists.
    dropClient();
    return false;
  }
  frame = outputBuffer + outputEnd;
  cursor = frame + 4;
  putU32(kind);
  putU32(request);
  return true;
}

function putU32(value: u32): void {
  store<u32>(cursor, value);
  cursor += 4;
}

function putU64(value: u64): void {
  store<u64>(cursor, value);
  cursor += 8;
}

function putField(pointer: usize, length: u32): void {
  putU32(length);
  memory.copy(cursor, pointer, length);
  cursor += length;
}

function putText(text: string): void {
  putU32(text.length);
  for (let i = 0; i < text.length; i++) store<u8>(cursor + i, load<u16>(changetype<usize>(text) + (<usize>i << 1)));
  cursor += text.length;
}

function endFrame(): void {
  store<u32>(frame, <u32>(cursor - frame - 4));
  outputEnd += cursor - frame;
  flushOutput();
}

export function sendDone(request: u32): void {
  if (begin(frameDone, request, 12)) endFrame();
}

/** The reason lies in `failure`. */
export function sendFailure(request: u32): void {
  const length = failureLength();
  if (!begin(frameFailed, request, 256 + length)) return;
  putText(failureCode);
  putField(errorText, <u32>length);
  endFrame();
}

/** `request` 0: an event. */
export function sendState(request: u32, slot: Slot): void {
  if (!begin(frameState, request, largestState)) return;
  putU32(slot.state == SlotState.asleep ? 0 : slot.state == SlotState.running ? 1 : 2);
  putU32(slot.bootCount);
  putU32(slot.pid);
  putU32(slot.waitStatus);
  putU64(slot.startedAt);
  putU64(slot.finishedAt);
  putU64(slot.maximumResident);
  putU64(slot.killedFor);
  putField(slot.id, slot.idLength);
  putField(slot.label, slot.labelLength);
  putField(slot.report, slot.reportLength);
  endFrame();
}

/** Reads what has come; false when the client has gone, or sends on without reading its answers. */
export function receive(): bool {
  if (inputStart > 0) {
    memory.copy(inputBuffer, inputBuffer + inputStart, inputEnd - inputStart);
    inputEnd -= inputStart;
    inputStart = 0;
  }
  const count = recvfrom(clientFd, native(inputBuffer + inputEnd), inputBytes - inputEnd, 0, 0, 0);
  if (count == EAGAIN || count == EINTR) return true;
  if (count <= 0) return false;
  inputEnd += <usize>count;
  return true;
}

/** Address of the first whole frame's length word, 0: there is none yet. */
export function nextFrame(): usize {
  const frame = inputBuffer + inputStart;
  const available = inputEnd - inputStart;
  if (available < 4) return 0;
  const length: usize = load<u32>(frame);
  if (length < 8 || length > maximumFrame) {
    dropClient();
    return 0;
  }
  return available < length + 4 ? 0 : frame;
}

export function consumeFrame(): void {
  inputStart += 4 + <usize>load<u32>(inputBuffer + inputStart);
}
