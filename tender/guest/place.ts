/** Maps an image as planned: segments where they must be, memories and stack at random places. */
import { append, appendNumber } from './text';
import { appendError, fail, failWith } from './failure';
import { loadAt, memoryAt, Plan, roundToPage, segmentExecutable, segmentWritable } from './elf';
import { scratch } from './layout';
import {
  EEXIST,
  getrandom,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_NORESERVE,
  MAP_PRIVATE,
  mmap,
  mprotect,
  native,
  poke64,
  poke8,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from './linux';
import { Slot } from './slot';
import { listenEntry } from './spec';
import { context, memoryAddress, memoryReservation, setMemoryAddress } from './trap';

const readWrite: i32 = PROT_READ | PROT_WRITE;
const anonymous: i32 = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
const stackGuardBytes: u64 = 0x10_0000;
const bootMagic: u64 = 0x6d6f_7461_6964_0001;
const bootBlockBytes: u64 = 8 * 32;
export const epollDescriptor: i32 = 3;
export const requestsDescriptor: i32 = 4;

/** Of the slot whose image this process becomes: one with outgoing connections has the socket it asks on before them. */
export let firstListeningDescriptor: i32 = 4;

export function arrangeFor(slot: Slot): void {
  firstListeningDescriptor = slot.egressPathLength == 0 ? 4 : requestsDescriptor + 1;
}

let bootBlock: u64 = 0;
export function bootBlockAddress(): u64 {
  return bootBlock;
}

/** Above 4 GiB, which the filter's rule for `mprotect` counts on, in the lower half of the address space. 0: no room. */
function reserveAnywhere(length: u64): u64 {
  for (let attempt = 0; attempt < 64; attempt++) {
    if (getrandom(native(scratch), 8, 0) != 8) return 0;
    const address = 0x1000_0000_0000 + (load<u64>(scratch) & 0x3fff_ffff_0000);
    const mapped = mmap(address, length, 0, anonymous | MAP_FIXED_NOREPLACE, -1, 0);
    if (mapped == address) return address;
    if (mapped != EEXIST) return 0;
  }
  return 0;
}

function failPlace(what: string, index: u32, error: i64): bool {
  fail('BootFailed', what);
  append(' ');
  appendNumber(index);
  append(' cannot be mapped');
  appendError(error);
  return false;
}

function clear(from: u64, to: u64): void {
  for (let at = from; at < to; at++) poke8(at, 0);
}

function placeLoad(slot: Slot, index: u32): bool {
  const part = loadAt(changetype<Plan>(slot.plan), index);
  const isWritable = (part.flags & segmentWritable) != 0;
  const protection = PROT_READ | (isWritable ? PROT_WRITE : 0) | ((part.flags & segmentExecutable) != 0 ? PROT_EXEC : 0);
  const fileEnd = part.address + part.sizeInFile;
  const filePages = roundToPage(part.sizeInFile);
  const allPages = roundToPage(part.sizeInMemory);
  if (filePages > 0) {
    const mapped = mmap(part.address, filePages, protection, MAP_PRIVATE | MAP_FIXED_NOREPLACE, slot.imageFd, part.offset);
    if (mapped != part.address) return failPlace('segment', index, mapped);
    if (isWritable && part.sizeInMemory > part.sizeInFile) clear(fileEnd, part.address + filePages);
  }
  if (allPages > filePages) {
    const start = part.address + filePages;
    const mapped = mmap(start, allPages - filePages, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (mapped != start) return failPlace('segment', index, mapped);
  }
  return true;
}

function placeMemory(slot: Slot, index: u32): bool {
  const part = memoryAt(changetype<Plan>(slot.plan), index);
  const address = reserveAnywhere(memoryReservation);
  if (address == 0) return failPlace('memory', index, -12);
  setMemoryAddress(index, address);
  if (part.initial > 0) {
    const error = mprotect(address, part.initial, readWrite);
    if (error < 0) return failPlace('memory', index, error);
  }
  if (part.sizeInFile > 0) {
    const start = address + part.first;
    // What follows the bytes in their last page is the file's own padding: clearing it would copy the page.
    const mapped = mmap(start, roundToPage(part.sizeInFile), readWrite, MAP_PRIVATE | MAP_FIXED, slot.imageFd, part.offset);
    if (mapped != start) return failPlace('memory', index, mapped);
  }
  return true;
}

function placeStack(slot: Slot): bool {
  const guard = reserveAnywhere(stackGuardBytes + slot.stackBytes);
  if (guard == 0) return failWith('BootFailed', 'the stack cannot be mapped', -12);
  const error = mprotect(guard + stackGuardBytes, slot.stackBytes, readWrite);
  if (error < 0) return failWith('BootFailed', 'the stack cannot be mapped', error);
  context().stackGuard = guard;
  context().stackStart = guard + stackGuardBytes;
  context().stackEnd = guard + stackGuardBytes + slot.stackBytes;
  return true;
}

function placeBootBlock(slot: Slot): bool {
  const plan = changetype<Plan>(slot.plan);
  const length = roundToPage(bootBlockBytes + slot.environmentLength);
  bootBlock = reserveAnywhere(length);
  if (bootBlock == 0) return failWith('BootFailed', 'the boot block cannot be mapped', -12);
  const error = mprotect(bootBlock, length, readWrite);
  if (error < 0) return failWith('BootFailed', 'the boot block cannot be mapped', error);
  const environment = bootBlock + bootBlockBytes;
  poke64(bootBlock, bootMagic);
  poke64(bootBlock + 8, slot.idleNs);
  poke64(bootBlock + 16, environment);
  poke64(bootBlock + 24, slot.environmentLength);
  poke64(bootBlock + 32, slot.listenCount);
  poke64(bootBlock + 40, epollDescriptor);
  poke64(bootBlock + 48, firstListeningDescriptor > requestsDescriptor ? requestsDescriptor : 0);
  for (let i: u32 = 0; i < plan.memoryCount; i++) {
    poke64(bootBlock + 64 + (<u64>i << 3), memoryAddress(i));
  }
  for (let i: u32 = 0; i < slot.listenCount; i++) {
    const port: u64 = load<u16>(listenEntry(slot, i), 2);
    poke64(bootBlock + 128 + (<u64>i << 3), (port << 32) | <u64>(firstListeningDescriptor + i));
  }
  for (let i: u32 = 0; i < slot.environmentLength; i++) poke8(environment + i, load<u8>(slot.environment + i));
  return mprotect(bootBlock, length, PROT_READ) == 0 || fail('BootFailed', 'the boot block cannot be protected');
}

export function placeImage(slot: Slot): bool {
  const plan = changetype<Plan>(slot.plan);
  context().textStart = plan.textStart;
  context().textEnd = plan.textEnd;
  context().memoryCount = plan.memoryCount;
  for (let i: u32 = 0; i < plan.loadCount; i++) if (!placeLoad(slot, i)) return false;
  for (let i: u32 = 0; i < plan.memoryCount; i++) if (!placeMemory(slot, i)) return false;
  return placeStack(slot) && placeBootBlock(slot);
}
