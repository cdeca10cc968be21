/** Making a slot from a spec and giving everything of it back. */
import { allocate, release } from './arena';
import { fail, failWith } from './failure';
import { planBytes, planImage } from './elf';
import { openLog } from './log';
import { pathBuffer } from './layout';
import { AT_FDCWD, close, native, O_CLOEXEC, O_NONBLOCK, openat } from './linux';
import { findSlot, reportBytes, Slot, SlotState, takeSlot } from './slot';
import { closeSockets, openSockets } from './sockets';
import { decodeSpec } from './spec';


function openImage(slot: Slot): bool {
  memory.copy(pathBuffer, slot.imagePath, slot.imagePathLength);
  store<u8>(pathBuffer + slot.imagePathLength, 0);
  // A path to a pipe or device must not stop the tender.
  const fd = openat(AT_FDCWD, native(pathBuffer), O_CLOEXEC | O_NONBLOCK, 0);
  if (fd < 0) return failWith('ImageUnreadable', 'the image cannot be opened', fd);
  slot.imageFd = <i32>fd;
  return true;
}

export function releaseSlot(slot: Slot): void {
  closeSockets(slot);
  if (slot.imageFd >= 0) close(slot.imageFd);
  if (slot.logFd >= 0) close(slot.logFd);
  if (slot.block != 0) release(slot.block, slot.blockLength);
  slot.state = SlotState.free;
}

function fill(slot: Slot, spec: usize, length: usize, hasLog: bool): bool {
  slot.blockLength = length + planBytes + reportBytes + 16;
  slot.block = allocate(slot.blockLength);
  if (slot.block == 0) return fail('TooManySlots', 'the tender has no memory for another slot');
  memory.copy(slot.block, spec, length);
  slot.plan = (slot.block + length + 7) & ~(<usize>7);
  slot.report = slot.plan + planBytes;
  if (!decodeSpec(slot, slot.block, length, hasLog)) return false;
  if (findSlot(slot.id, slot.idLength, slot)) return fail('AlreadyExists', 'there is a slot of this id; stop it first');
  return openImage(slot) && planImage(slot) && (!hasLog || openLog(slot)) && openSockets(slot);
}

/** A slot that is asleep, or null and the reason in `failure`. */
export function createSlot(spec: usize, length: usize, hasLog: bool): Slot | null {
  const slot = takeSlot();
  if (!slot) {
    fail('TooManySlots', 'the tender holds as many slots as it can');
    return null;
  }
  slot.state = SlotState.asleep;
  if (fill(slot, spec, length, hasLog)) return slot;
  releaseSlot(slot);
  return null;
}
