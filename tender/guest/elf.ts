/**
 * What of an ELF file may be mapped (docs/process-image.md). Everything a hostile file could get wrong is decided here,
 * before anything of it is mapped; `place.ts` trusts the plan.
 */
import { append, appendNumber } from './text';
import { fail } from './failure';
import { headerBuffer, headerBytes, scratch } from './layout';
import { fstat, native, pread } from './linux';
import { Slot } from './slot';

const maximumLoads: u32 = 8;
const maximumMemories: u32 = 8;

// @ts-ignore: decorators of AssemblyScript
@unmanaged
export class Plan {
  entry: u64;
  /** The executable segment that the entry lies in. */
  textStart: u64;
  textEnd: u64;
  loadCount: u32;
  memoryCount: u32;
}

/** A PT_LOAD segment. */
// @ts-ignore
@unmanaged
export class Load {
  address: u64;
  sizeInMemory: u64;
  offset: u64;
  sizeInFile: u64;
  flags: u32;
}

/** A PT_DIATOM_MEMORY segment. */
// @ts-ignore
@unmanaged
export class Memory {
  initial: u64;
  maximum: u64;
  /** Where in the memory its bytes in the file start; what surrounds them is zero. */
  first: u64;
  offset: u64;
  sizeInFile: u64;
}

const planSize: usize = 64;
const partBytes: usize = 40;
export const planBytes: usize = planSize + partBytes * <usize>(maximumLoads + maximumMemories);

export function loadAt(plan: Plan, index: u32): Load {
  return changetype<Load>(changetype<usize>(plan) + planSize + <usize>index * partBytes);
}

export function memoryAt(plan: Plan, index: u32): Memory {
  return changetype<Memory>(changetype<usize>(plan) + planSize + <usize>(maximumLoads + index) * partBytes);
}

export const segmentExecutable: u32 = 1;
export const segmentWritable: u32 = 2;
const segmentReadable: u32 = 4;

const PT_LOAD: u32 = 1;
const PT_NOTE: u32 = 4;
const PT_GNU_STACK: u32 = 0x6474_e551;
const PT_DIATOM_MEMORY: u32 = 0x6474_d001;

const fileHeaderBytes: usize = 64;
const noteBytes: i32 = 32;
const noteVersion: u32 = 2;
/** Of the note: which target an image is made for. */
const targetProcess: u32 = 0;
const targetHvt: u32 = 1;
const programHeaderBytes: usize = 56;
const imageStart: u64 = 0x1000_0000;
const imageEnd: u64 = 0x2000_0000;
const pageBytes: u64 = 4096;
const wasmPageBytes: u64 = 65_536;
const memoryLimit: u64 = 0x1_0000_0000;

export function roundToPage(size: u64): u64 {
  return (size + (pageBytes - 1)) & ~(pageBytes - 1);
}

function refuse(why: string): bool {
  fail('InvalidImage', 'the image is not one the tender runs: ');
  append(why);
  return false;
}

function isInFile(offset: u64, size: u64, fileSize: u64): bool {
  return (offset & (pageBytes - 1)) == 0 && offset <= fileSize && size <= fileSize - offset;
}

function planLoad(plan: Plan, header: usize, fileSize: u64): bool {
  if (plan.loadCount == maximumLoads) return refuse('too many segments');
  const flags = load<u32>(header, 4);
  const offset = load<u64>(header, 8);
  const address = load<u64>(header, 16);
  const sizeInFile = load<u64>(header, 32);
  const sizeInMemory = load<u64>(header, 40);
  if ((flags & segmentReadable) == 0 || flags >> 3 != 0) return refuse('a segment has unknown permissions');
  const isWritable = (flags & segmentWritable) != 0;
  if (isWritable && (flags & segmentExecutable) != 0) return refuse('a segment is writable and executable');
  if (sizeInMemory == 0 || sizeInMemory > imageEnd - imageStart || sizeInFile > sizeInMemory) return refuse('a segment has an impossible size');
  if (!isWritable && sizeInFile != sizeInMemory) return refuse('a read-only segment is longer than its bytes');
  if ((address & (pageBytes - 1)) != 0 || address < imageStart || address > imageEnd - roundToPage(sizeInMemory)) {
    return refuse('a segment lies outside 0x10000000..0x20000000 or off a page boundary');
  }
  if (!isInFile(offset, sizeInFile, fileSize)) return refuse('a segment lies outside the file or off a page boundary');
  if (plan.loadCount > 0) {
    const previous = loadAt(plan, plan.loadCount - 1);
    if (address < previous.address + roundToPage(previous.sizeInMemory)) return refuse('segments overlap or are out of order');
  }
  const part = loadAt(plan, plan.loadCount);
  part.address = address;
  part.sizeInMemory = sizeInMemory;
  part.offset = offset;
  part.sizeInFile = sizeInFile;
  part.flags = flags;
  plan.loadCount += 1;
  return true;
}

function planMemory(plan: Plan, header: usize, fileSize: u64): bool {
  if (plan.memoryCount == maximumMemories) return refuse('too many memories');
  const offset = load<u64>(header, 8);
  const index = load<u32>(header, 16);
  const first: u64 = load<u32>(header, 20);
  const maximum = load<u64>(header, 24);
  const sizeInFile = load<u64>(header, 32);
  const initial = load<u64>(header, 40);
  if (index != plan.memoryCount) return refuse('memories are out of order');
  if (maximum > memoryLimit || initial > maximum || first > initial || sizeInFile > initial - first) {
    return refuse('a memory has an impossible size');
  }
  if ((first & (pageBytes - 1)) != 0) return refuse('the bytes of a memory start off a page boundary');
  if ((initial | maximum) % wasmPageBytes != 0) return refuse('the size of a memory is not a multiple of 64 KiB');
  if (!isInFile(offset, sizeInFile, fileSize)) return refuse('a memory lies outside the file or off a page boundary');
  const part = memoryAt(plan, plan.memoryCount);
  part.initial = initial;
  part.maximum = maximum;
  part.first = first;
  part.offset = offset;
  part.sizeInFile = sizeInFile;
  plan.memoryCount += 1;
  return true;
}

/** Owner `Diatom`, type 1: u32 version, u32 memory count, u32 target. Returns the count, or -1 where the note or its target is another. */
function readNote(slot: Slot, header: usize): i32 {
  if (load<u64>(header, 32) < <u64>noteBytes) return -1;
  if (pread(slot.imageFd, native(scratch), noteBytes, load<u64>(header, 8)) != noteBytes) return -1;
  if (load<u32>(scratch) != 7 || load<u32>(scratch, 4) != 12 || load<u32>(scratch, 8) != 1) return -1;
  // "Diat", "om\0" and a byte of padding
  if (load<u32>(scratch, 12) != 0x7461_6944 || (load<u32>(scratch, 16) & 0xffffff) != 0x6d6f) return -1;
  if (load<u32>(scratch, 20) != noteVersion || load<u32>(scratch, 28) != (slot.isMachine ? targetHvt : targetProcess)) return -1;
  return load<i32>(scratch, 24);
}

function checkEntry(plan: Plan): bool {
  for (let i: u32 = 0; i < plan.loadCount; i++) {
    const part = loadAt(plan, i);
    if ((part.flags & segmentExecutable) == 0) continue;
    if (plan.entry < part.address || plan.entry >= part.address + part.sizeInMemory) continue;
    plan.textStart = part.address;
    plan.textEnd = part.address + part.sizeInMemory;
    return true;
  }
  return refuse('the entry does not lie in an executable segment');
}

/** Bytes of writable memory the image has before it asks for more. */
export function initialBytes(slot: Slot): u64 {
  const plan = changetype<Plan>(slot.plan);
  let sum = slot.stackBytes;
  for (let i: u32 = 0; i < plan.loadCount; i++) {
    const part = loadAt(plan, i);
    if ((part.flags & segmentWritable) != 0) sum += roundToPage(part.sizeInMemory);
  }
  for (let i: u32 = 0; i < plan.memoryCount; i++) sum += memoryAt(plan, i).initial;
  return sum;
}

function checkLimit(slot: Slot): bool {
  const needed = initialBytes(slot);
  if (needed <= slot.memoryLimit) return true;
  fail('MemoryLimitTooLow', 'the image starts with ');
  appendNumber(needed);
  append(' bytes of memory and stack; the limit is ');
  appendNumber(slot.memoryLimit);
  return false;
}

/** Reads the headers of `slot.imageFd` into `slot.plan`. */
export function planImage(slot: Slot): bool {
  if (fstat(slot.imageFd, native(scratch)) < 0) return refuse('it cannot be examined');
  const fileSize = load<u64>(scratch, 48);
  const length = pread(slot.imageFd, native(headerBuffer), headerBytes, 0);
  if (length < <i64>fileHeaderBytes) return refuse('it is too short');
  const read = <usize>length;
  memory.fill(headerBuffer + read, 0, headerBytes - read);

  // 64-bit, little endian, version 1; ET_EXEC, x86-64
  if (load<u32>(headerBuffer) != 0x464c_457f) return refuse('it is not an ELF file');
  if ((load<u32>(headerBuffer, 4) & 0xffffff) != 0x010102 || load<u32>(headerBuffer, 16) != 0x003e_0002) {
    return refuse('it is not an executable for x86-64');
  }
  const tableOffset = load<u64>(headerBuffer, 32);
  const count = load<u16>(headerBuffer, 56);
  if (load<u16>(headerBuffer, 54) != programHeaderBytes || count == 0) return refuse('it has no program headers');
  if (tableOffset < fileHeaderBytes || tableOffset > read || <u64>count * programHeaderBytes > <u64>read - tableOffset) {
    return refuse('its program headers do not lie in its first page');
  }

  const plan = changetype<Plan>(slot.plan);
  plan.entry = load<u64>(headerBuffer, 24);
  let noted: i32 = -1;
  for (let i: usize = 0; i < <usize>count; i++) {
    const header = headerBuffer + <usize>tableOffset + i * programHeaderBytes;
    const type = load<u32>(header);
    if (type == PT_LOAD) {
      if (!planLoad(plan, header, fileSize)) return false;
    } else if (type == PT_DIATOM_MEMORY) {
      if (!planMemory(plan, header, fileSize)) return false;
    } else if (type == PT_NOTE) {
      noted = readNote(slot, header);
    } else if (type != PT_GNU_STACK) {
      return refuse('it has a segment of a kind images do not have');
    }
  }
  if (noted < 0) return refuse('it has no note of Diatom version 2 for this target; build it again');
  if (<u32>noted != plan.memoryCount) return refuse('its note names another number of memories');
  return checkEntry(plan) && checkLimit(slot);
}
