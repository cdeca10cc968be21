/**
 * Console lines in the log format of the container runtime interface: `<time> stdout F <line>`; `P` instead of `F` for a
 * piece of a line that goes on. Nothing is kept in memory: a piece is written when it is read.
 */
import { append, appendByte, appendBytes, beginText, textLength } from './text';
import { appendTimestamp } from './calendar';
import { failWith } from './failure';
import { logBuffer, logBytes, pathBuffer, scratch } from './layout';
import { AT_FDCWD, close, fstat, native, O_APPEND, O_CLOEXEC, O_CREAT, O_NONBLOCK, O_WRONLY, openat, rename, write } from './linux';
import { Slot } from './slot';
import { wallClock } from './clock';

/** With the file that is kept beside it a slot's log takes at most twice this. */
const maximumLogBytes: u64 = 10 * 1024 * 1024;
/** Time, stream, flag and the line's end. */
const lineOverhead: usize = 48;
const newline: i32 = 10;

function writePath(slot: Slot, at: usize): void {
  memory.copy(at, slot.logPath, slot.logPathLength);
  store<u8>(at + slot.logPathLength, 0);
}

/** Open while an instance runs. */
export function openLog(slot: Slot): bool {
  writePath(slot, pathBuffer);
  const fd = openat(AT_FDCWD, native(pathBuffer), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0o600);
  if (fd < 0) return failWith('LogFailed', 'the log file cannot be opened', fd);
  slot.logFd = <i32>fd;
  slot.logSize = fstat(fd, native(scratch)) < 0 ? 0 : load<u64>(scratch, 48);
  return true;
}

export function closeLog(slot: Slot): void {
  if (slot.logFd >= 0) close(slot.logFd);
  slot.logFd = -1;
}

/** For whoever makes the slot to hear it, not the first boot. */
export function canLog(slot: Slot): bool {
  const can = openLog(slot);
  closeLog(slot);
  return can;
}

/** One older file is kept: `<log>.1`. */
function rotate(slot: Slot): void {
  writePath(slot, pathBuffer);
  const older = pathBuffer + slot.logPathLength + 1;
  writePath(slot, older);
  store<u32>(older + slot.logPathLength, 0x312e); // ".1" and NUL
  rename(native(pathBuffer), native(older));
  const before = slot.logFd;
  // When no new file can be opened the old one, renamed, goes on.
  if (openLog(slot)) close(before);
  else slot.logSize = 0;
}

function flush(slot: Slot): void {
  const length = textLength();
  if (length == 0) return;
  if (slot.logSize + length > maximumLogBytes) rotate(slot);
  // A disk that is full loses lines; the instance goes on.
  const written = write(slot.logFd, native(logBuffer), length);
  if (written > 0) slot.logSize += written;
}

function appendLine(time: u64, isError: bool, isFull: bool, pointer: usize, length: usize): void {
  appendTimestamp(time);
  append(isError ? ' stderr ' : ' stdout ');
  append(isFull ? 'F ' : 'P ');
  appendBytes(pointer, length);
  appendByte(newline);
}

/** `length` is at most `consoleBytes`. */
export function logLines(slot: Slot, isError: bool, pointer: usize, length: usize): void {
  const time = wallClock();
  const end = pointer + length;
  beginText(logBuffer, logBytes);
  while (pointer < end) {
    let lineEnd = pointer;
    while (lineEnd < end && load<u8>(lineEnd) != newline) lineEnd++;
    if (textLength() + (lineEnd - pointer) + lineOverhead > logBytes) {
      flush(slot);
      beginText(logBuffer, logBytes);
    }
    appendLine(time, isError, lineEnd < end, pointer, lineEnd - pointer);
    pointer = lineEnd + 1;
  }
  flush(slot);
}
