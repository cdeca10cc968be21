/** A process becomes an image and never comes back. */
import { append, appendByte, beginText, textLength } from './text';
import { dropRights, installFilter, limitResources } from './confine';
import { failureLength, failWith } from './failure';
import { droppedStart, errorText, filterCopy, linearEnd, scratch, trapText, trapTextBytes } from './layout';
import { closeRange, dup3, enter, epollCreate, exitGroup, munmap, native, prctl, rtSigprocmask, write } from './linux';
import { arrangeFor, bootBlockAddress, epollDescriptor, firstListeningDescriptor, placeImage, requestsDescriptor } from './place';
import { Plan } from './elf';
import { listeningFd, Slot } from './slot';
import { context } from './trap';

export const bootFailedStatus: i64 = 125;
const trapDescriptor: i64 = 2;
const SIG_SETMASK: i32 = 2;
const PR_SET_NAME: i32 = 15;
const lastDescriptor: i64 = 0xffff_ffff;

/** The reason lies in `failure`; it goes where traps go. */
export function endBoot(): void {
  const length = failureLength();
  beginText(trapText, trapTextBytes);
  append('boot: ');
  write(trapDescriptor, native(trapText), textLength());
  write(trapDescriptor, native(errorText), length);
  beginText(trapText, trapTextBytes);
  appendByte(10);
  write(trapDescriptor, native(trapText), textLength());
  exitGroup(bootFailedStatus);
}

/** `ps` shows the slot's id. */
export function nameProcess(slot: Slot): void {
  const length = min<u32>(slot.idLength, 15);
  memory.copy(scratch, slot.id, length);
  store<u8>(scratch + length, 0);
  prctl(PR_SET_NAME, native(scratch), 0, 0, 0);
}

/**
 * Console and trap report are already 1 and 2; everything the tender itself has open is above `descriptorsReserved`
 * (`descriptors.ts`), so nothing is overwritten here that is still to be moved.
 */
function arrangeDescriptors(slot: Slot, requests: i32): bool {
  const epoll = epollCreate(0);
  if (epoll < 0) return failWith('BootFailed', 'no epoll descriptor', epoll);
  dup3(epoll, epollDescriptor, 0);
  if (requests >= 0) dup3(requests, requestsDescriptor, 0);
  for (let i: u32 = 0; i < slot.listenCount; i++) {
    const moved = dup3(listeningFd(slot, i), firstListeningDescriptor + i, 0);
    if (moved < 0) return failWith('BootFailed', 'a listening socket cannot be handed over', moved);
  }
  const error = closeRange(firstListeningDescriptor + slot.listenCount, lastDescriptor, 0);
  return error == 0 || failWith('BootFailed', 'the tender\'s descriptors cannot be closed', error);
}

/**
 * `isServed`: under a tender that goes on running others; else the process is its caller's own (`diatom run`). `requests`:
 * its end of the socket on which it asks for outgoing connections, -1: it has none.
 */
export function becomeImage(slot: Slot, isServed: bool, requests: i32): void {
  store<u64>(scratch, 0);
  rtSigprocmask(SIG_SETMASK, native(scratch), 0, 8);
  nameProcess(slot);
  arrangeFor(slot);
  if (!placeImage(slot) || !arrangeDescriptors(slot, requests) || !limitResources(slot, !isServed) || !dropRights(isServed)) endBoot();

  // From here on nothing above `droppedStart` is there any more: what is still needed lies in locals.
  const entry = changetype<Plan>(slot.plan).entry;
  const filterLength = slot.filterLength;
  memory.copy(filterCopy, slot.filter, filterLength);
  munmap(native(droppedStart), linearEnd - droppedStart);
  if (installFilter(filterLength) < 0) {
    beginText(trapText, trapTextBytes);
    append('boot: the kernel does not take the system-call filter\n');
    write(trapDescriptor, native(trapText), textLength());
    exitGroup(bootFailedStatus);
  }
  enter(entry, bootBlockAddress(), context().stackEnd);
}
