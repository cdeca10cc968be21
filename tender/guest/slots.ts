/** Making a slot from a spec and giving everything of it back. */
import { allocate, release } from './arena';
import { fail } from './failure';
import { planBytes, planImage } from './elf';
import { canLog } from './log';
import { closeOutputs } from './outputs';
import { openImageFile, releaseImageFile } from './image-files';
import { findSlot, reportBytes, Slot, SlotState, takeSlot } from './slot';
import { closeSockets, openSockets } from './sockets';
import { decodeSpec } from './spec';


export function releaseSlot(slot: Slot): void {
  closeSockets(slot);
  releaseImageFile(slot);
  closeOutputs(slot);
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
  return openImageFile(slot) && planImage(slot) && (!hasLog || canLog(slot)) && openSockets(slot);
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
