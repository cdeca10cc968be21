/**
 * The image in guest memory (docs/hvt.md, the address space). `elf.ts` has decided what of the file may be mapped;
 * nothing of it is copied: the machine's memory is a private mapping of the file.
 */
import { initialBytes, loadAt, memoryAt, Plan, roundToPage, segmentExecutable, segmentWritable } from '../elf';
import { fail, failWith } from '../failure';
import { linearEnd, scratch } from '../layout';
import {
  getrandom,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_NORESERVE,
  MAP_PRIVATE,
  mmap,
  munmap,
  native,
  poke64,
  poke8,
  PROT_READ,
  PROT_WRITE,
} from '../linux';
import { Slot } from '../slot';
import { listenEntry } from '../spec';
import { context, memoryReservation, setMemoryAddress } from '../trap';
import { addRegion } from './kvm';
import {
  descriptorPage,
  exceptionStack,
  hostAddress,
  machineMemory,
  memoryTable,
  sharedAddress,
  sharedBytes,
  stubPage,
  supervisorAddress,
  tablePool,
} from './layout';
import { createTables, largePageBytes, mapLargePages, mapPages, noExecute, user, writable } from './page-tables';

/** A linear memory of the guest. */
// @ts-ignore: decorators of AssemblyScript
@unmanaged
class GuestMemory {
  address: u64;
  size: u64;
  maximum: u64;
}

const guestMemoryBytes: usize = 24;

export function guestMemory(index: u32): GuestMemory {
  return changetype<GuestMemory>(memoryTable + <usize>index * guestMemoryBytes);
}

const anonymous: i32 = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
const readWrite: i32 = PROT_READ | PROT_WRITE;
const bootMagic: u64 = 0x6d6f_7461_6964_0001;
const bootBlockBytes: u64 = 8 * 32;
const stackGuardBytes: u64 = 0x10_0000;
/** Between stack and first memory. */
const smallGuardBytes: u64 = 0x1_0000;
/** More than eight memories can have anyway is not asked for: the page tables have to fit. */
const largestLimit: u64 = 0x4_0000_0000;
/** For everything but what `memory.grow` adds: 128 for the image, the rest for what straddles boundaries. */
const fixedTables: u64 = 320;
/** Guest-physical memory is announced to the kernel in pieces: it keeps 8 bytes for each page of it. */
const regionBytes: u64 = 0x10_0000;

let bootBlock: u64 = 0;
let nextPhysical: u64 = 0;
let announcedEnd: u64 = 0;
let physicalEnd: u64 = 0;
/** Writable bytes that the guest has, and may have. */
let usedBytes: u64 = 0;
let limitBytes: u64 = 0;

export function bootBlockAddress(): u64 {
  return bootBlock;
}

export function announcedBytes(): u64 {
  return announcedEnd;
}

function takePhysical(length: u64): u64 {
  const at = nextPhysical;
  nextPhysical += length;
  return at;
}

function random(): u64 {
  return getrandom(native(scratch), 8, 0) == 8 ? load<u64>(scratch) : 0;
}

function announce(to: u64): i64 {
  if (to <= announcedEnd) return 0;
  const grown = announcedEnd == 0 ? to + regionBytes : max(to, announcedEnd + max(regionBytes, roundToPage(announcedEnd >> 1)));
  const end = min(grown, physicalEnd);
  const error = addRegion(announcedEnd, hostAddress(announcedEnd), end - announcedEnd);
  if (error >= 0) announcedEnd = end;
  return error;
}

function reserve(slot: Slot): bool {
  const plan = changetype<Plan>(slot.plan);
  limitBytes = min(slot.memoryLimit, largestLimit);
  usedBytes = initialBytes(slot);
  if (usedBytes > limitBytes) return fail('BootFailed', 'the image starts with more than 16 GiB of memory');
  const tableCount = fixedTables + (limitBytes >> 21);
  createTables(<u32>tableCount);
  nextPhysical = tablePool + (tableCount << 12);
  let length = roundToPage(limitBytes) + roundToPage(bootBlockBytes + slot.environmentLength);
  for (let i: u32 = 0; i < plan.loadCount; i++) length += roundToPage(loadAt(plan, i).sizeInMemory);
  physicalEnd = nextPhysical + length;

  const start = machineMemory + <usize>nextPhysical;
  munmap(native(start), linearEnd - start);
  const mapped = mmap(native(start), length, readWrite, anonymous | MAP_FIXED_NOREPLACE, -1, 0);
  return mapped == native(start) || failWith('BootFailed', 'the memory of the virtual machine cannot be mapped', mapped);
}

function clear(from: u64, to: u64): void {
  for (let at = from; at < to; at++) poke8(at, 0);
}

/** Maps bytes of the file at a guest-physical place; what follows them in their last page is the file's. */
function mapFile(slot: Slot, physical: u64, offset: u64, length: u64, isWritable: bool): bool {
  if (length == 0) return true;
  const host = hostAddress(physical);
  const protection = isWritable ? readWrite : PROT_READ;
  const mapped = mmap(host, roundToPage(length), protection, MAP_PRIVATE | MAP_FIXED, slot.imageFd, offset);
  return mapped == host || failWith('BootFailed', 'the image file cannot be mapped', mapped);
}

function failTables(): bool {
  return fail('BootFailed', 'the page tables of the virtual machine are exhausted');
}

function placeLoads(slot: Slot): bool {
  const plan = changetype<Plan>(slot.plan);
  for (let i: u32 = 0; i < plan.loadCount; i++) {
    const part = loadAt(plan, i);
    const length = roundToPage(part.sizeInMemory);
    const physical = takePhysical(length);
    const isWritable = (part.flags & segmentWritable) != 0;
    const isText = (part.flags & segmentExecutable) != 0;
    if (!mapFile(slot, physical, part.offset, part.sizeInFile, isWritable)) return false;
    if (isWritable) clear(hostAddress(physical) + part.sizeInFile, hostAddress(physical) + roundToPage(part.sizeInFile));
    if (!mapPages(part.address, physical, length, user | (isWritable ? writable : 0) | (isText ? 0 : noExecute))) return failTables();
    if (part.address == plan.textStart) context().textOffset = hostAddress(physical) - part.address;
  }
  context().textStart = plan.textStart;
  context().textEnd = plan.textEnd;
  return true;
}

function placeSupervisor(): bool {
  return (
    mapPages(supervisorAddress, descriptorPage, 0x1000, noExecute) &&
    mapPages(supervisorAddress + 0x1000, stubPage, 0x1000, 0) &&
    mapPages(supervisorAddress + 0x2000, exceptionStack, 0x1000, writable | noExecute) &&
    mapLargePages(sharedAddress, 0, sharedBytes, user | writable | noExecute)
  ) || failTables();
}

/**
 * Where memory 0 starts: stack and boot block lie below it, each behind a guard. If all of it fits into 2 MiB it shares
 * one page table: every table costs the host three pages.
 */
function chooseFirst(window: u64, below: u64, initial: u64): u64 {
  const chunk = window + (1 << 35) + (random() & 0x3_ffe0_0000);
  const room = below + initial <= largePageBytes ? largePageBytes - below - initial : 0;
  const slack = room == 0 ? 0 : (random() % ((room >> 16) + 1)) << 16;
  return chunk + (room == 0 && below + initial > largePageBytes ? largePageBytes : 0) + below + slack;
}

function placeMemories(slot: Slot, window: u64, first: u64): bool {
  const plan = changetype<Plan>(slot.plan);
  for (let i: u32 = 0; i < plan.memoryCount; i++) {
    const part = memoryAt(plan, i);
    const physical = takePhysical(part.initial);
    const address = i == 0 ? first : window + (<u64>(i + 1) << 35) + (random() & 0x3_ffe0_0000);
    if (!mapFile(slot, physical + part.first, part.offset, part.sizeInFile, true)) return false;
    if (!mapPages(address, physical, part.initial, user | writable | noExecute)) return failTables();
    setMemoryAddress(i, address);
    const placed = guestMemory(i);
    placed.address = address;
    placed.size = part.initial;
    placed.maximum = part.maximum;
  }
  context().memoryCount = plan.memoryCount;
  return true;
}

function placeStack(slot: Slot, end: u64): bool {
  const start = end - slot.stackBytes;
  const physical = takePhysical(slot.stackBytes);
  context().stackGuard = start - stackGuardBytes;
  context().stackStart = start;
  context().stackEnd = end;
  context().stackOffset = hostAddress(physical) - start;
  return mapPages(start, physical, slot.stackBytes, user | writable | noExecute) || failTables();
}

function placeBootBlock(slot: Slot, length: u64): bool {
  const physical = takePhysical(length);
  const host = hostAddress(physical);
  const environment = host + bootBlockBytes;
  poke64(host, bootMagic);
  poke64(host + 8, slot.idleNs);
  poke64(host + 16, bootBlock + bootBlockBytes);
  poke64(host + 24, slot.environmentLength);
  poke64(host + 32, slot.listenCount);
  poke64(host + 48, slot.egressPathLength == 0 ? 0 : 1);
  for (let i: u32 = 0; i < context().memoryCount; i++) poke64(host + 64 + (<u64>i << 3), guestMemory(i).address);
  for (let i: u32 = 0; i < slot.listenCount; i++) {
    const port: u64 = load<u16>(listenEntry(slot, i), 2);
    poke64(host + 128 + (<u64>i << 3), (port << 32) | <u64>i);
  }
  for (let i: u32 = 0; i < slot.environmentLength; i++) poke8(environment + i, load<u8>(slot.environment + i));
  return mapPages(bootBlock, physical, length, user | noExecute) || failTables();
}

/** Everything the guest has from the start; nothing of it is touched that the guest itself does not touch. */
export function placeInMachine(slot: Slot): bool {
  if (!reserve(slot) || !placeSupervisor() || !placeLoads(slot)) return false;
  const plan = changetype<Plan>(slot.plan);
  const bootLength = roundToPage(bootBlockBytes + slot.environmentLength);
  const below = (bootLength + stackGuardBytes + slot.stackBytes + 2 * smallGuardBytes + 0xffff) & ~(<u64>0xffff);
  // Half a terabyte of its own: 2^44 and above, below 2^47.
  const window = (32 + (random() & 127)) << 39;
  const first = chooseFirst(window, below, plan.memoryCount > 0 ? memoryAt(plan, 0).initial : 0);
  const stackEnd = first - smallGuardBytes;
  bootBlock = stackEnd - slot.stackBytes - stackGuardBytes - bootLength;
  if (!placeMemories(slot, window, first) || !placeStack(slot, stackEnd) || !placeBootBlock(slot, bootLength)) return false;
  const error = announce(nextPhysical);
  return error >= 0 || failWith('BootFailed', 'the kernel does not take the memory of the virtual machine', error);
}

/** Adds zeroed pages behind a memory; false when the limit or the host says no. */
export function growGuestMemory(index: u32, size: u64): bool {
  const grown = guestMemory(index);
  if (size > grown.maximum || size > memoryReservation) return false;
  const more = size - grown.size;
  if (more > limitBytes - usedBytes) return false;
  if (more == 0) return true;
  const physical = nextPhysical;
  if (announce(physical + more) < 0) return false;
  if (!mapPages(grown.address + grown.size, physical, more, user | writable | noExecute)) return false;
  nextPhysical += more;
  usedBytes += more;
  grown.size = size;
  return true;
}
