/** A slot's log and the two pipes that lead to it: console and trap report. */
import { failWith } from './failure';
import { scratch } from './layout';
import { close, F_GETFL, F_SETFL, fcntl, native, O_CLOEXEC, O_NONBLOCK, pipe2 } from './linux';
import { closeLog, openLog } from './log';
import { Slot } from './slot';
import { closeWatched } from './watch';

/** Read end in `scratch`, write end in `scratch + 4`. Only the reading side never blocks. */
function openPipe(): i64 {
  const error = pipe2(native(scratch), O_CLOEXEC);
  if (error < 0) return error;
  const reading = load<i32>(scratch);
  fcntl(reading, F_SETFL, fcntl(reading, F_GETFL, 0) | O_NONBLOCK);
  return 0;
}

/** Log, console and trap pipe; the writing ends are still the tender's. */
export function openOutputs(slot: Slot): bool {
  if (!openLog(slot)) return false;
  let error = openPipe();
  if (error >= 0) {
    slot.consoleFd = load<i32>(scratch);
    slot.consoleWriteFd = load<i32>(scratch, 4);
    error = openPipe();
  }
  if (error < 0) {
    closeOutputs(slot);
    return failWith('BootFailed', 'no pipe for the console', error);
  }
  slot.trapFd = load<i32>(scratch);
  slot.trapWriteFd = load<i32>(scratch, 4);
  return true;
}

export function closeOutputs(slot: Slot): void {
  closeLog(slot);
  closeWatched(slot.consoleFd);
  closeWatched(slot.trapFd);
  if (slot.consoleWriteFd >= 0) close(slot.consoleWriteFd);
  if (slot.trapWriteFd >= 0) close(slot.trapWriteFd);
  slot.consoleFd = -1;
  slot.trapFd = -1;
  slot.consoleWriteFd = -1;
  slot.trapWriteFd = -1;
}
