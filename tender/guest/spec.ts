/** The other side of `tender/process/spec.ts`: a slot's spec, from a client nobody trusts. */
import { fail } from './failure';
import { filterBytes } from './layout';
import { beginReading, fieldLength, fieldPointer, isReadWhole, readField, readRaw, readU32, readU64 } from './reader';
import { maximumListening, Slot } from './slot';

const specMagic: u32 = 0x3353_5444;
const lazyFlag: u32 = 1;
const machineFlag: u32 = 2;
const perConnectionFlag: u32 = 4;
const knownFlags: u32 = 7;
const maximumId: u32 = 128;
const maximumPath: u32 = 4095;
const maximumLabel: u32 = 8192;
const maximumEnvironment: u32 = 131_072;
const maximumEgressPath: u32 = 107;
const maximumEgressPolicy: u32 = 16_384;
const smallestStack: u64 = 16_384;
const largestStack: u64 = 1_073_741_824;
const pageMask: u64 = 4095;

/** family u16 (4 or 6), port u16, host port u16, 0 u16, address in network order 16 bytes */
const listenEntryBytes: usize = 24;

export function listenEntry(slot: Slot, index: u32): usize {
  return slot.listen + <usize>index * listenEntryBytes;
}

function isPlainPath(pointer: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) if (load<u8>(pointer + i) == 0) return false;
  return length > 0;
}

function isOneLine(pointer: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) if (load<u8>(pointer + i) == 10) return false;
  return length > 0;
}

function isListenEntry(pointer: usize): bool {
  const family = load<u16>(pointer);
  return (family == 4 || family == 6) && load<u16>(pointer, 2) != 0 && load<u16>(pointer, 4) != 0;
}

/** Fills the slot's part of the spec. `needsLog`: a slot whose console goes to a file. */
export function decodeSpec(slot: Slot, pointer: usize, length: usize, needsLog: bool): bool {
  beginReading(pointer, length);
  if (readU32() != specMagic) return fail('InvalidSpec', 'the spec is of another version of the tender');
  const flags = readU32();
  if ((flags & ~knownFlags) != 0) return fail('InvalidSpec', 'the spec asks for something this version of the tender does not know');
  slot.isLazy = (flags & lazyFlag) != 0;
  slot.isMachine = (flags & machineFlag) != 0;
  slot.isPerConnection = (flags & perConnectionFlag) != 0;
  slot.idleNs = readU64();
  slot.timeLimitNs = readU64();
  slot.memoryLimit = readU64();
  slot.stackBytes = (readU64() + pageMask) & ~pageMask;
  const listenCount = readU32();
  readU32();
  if (listenCount > maximumListening) return fail('InvalidSpec', 'more listening sockets than an image may have');
  slot.listenCount = listenCount;
  slot.listen = readRaw(<usize>listenCount * listenEntryBytes);
  readField(maximumId);
  slot.id = fieldPointer;
  slot.idLength = fieldLength;
  readField(maximumPath);
  slot.imagePath = fieldPointer;
  slot.imagePathLength = fieldLength;
  readField(maximumPath);
  slot.logPath = fieldPointer;
  slot.logPathLength = fieldLength;
  readField(maximumLabel);
  slot.label = fieldPointer;
  slot.labelLength = fieldLength;
  readField(maximumEnvironment);
  slot.environment = fieldPointer;
  slot.environmentLength = fieldLength;
  readField(<u32>filterBytes);
  slot.filter = fieldPointer;
  slot.filterLength = fieldLength;
  readField(maximumEgressPath);
  slot.egressPath = fieldPointer;
  slot.egressPathLength = fieldLength;
  readField(maximumEgressPolicy);
  slot.egressPolicy = fieldPointer;
  slot.egressPolicyLength = fieldLength;
  if (!isReadWhole()) return fail('InvalidSpec', 'the spec is damaged: a length in it is wrong');

  if (slot.idLength == 0) return fail('InvalidSpec', 'the id is empty');
  if (!isPlainPath(slot.imagePath, slot.imagePathLength)) return fail('InvalidSpec', 'the image path is empty or has a NUL byte');
  if (needsLog && !isPlainPath(slot.logPath, slot.logPathLength)) return fail('InvalidSpec', 'the log path is empty or has a NUL byte');
  if (slot.stackBytes < smallestStack || slot.stackBytes > largestStack) return fail('InvalidSpec', 'the stack size is not between 16 KiB and 1 GiB');
  if (slot.memoryLimit == 0 || slot.memoryLimit >> 47 != 0) return fail('InvalidSpec', 'the memory limit is zero or more than an address space holds');
  if (slot.idleNs >> 63 != 0) return fail('InvalidSpec', 'the idle time is too long');
  if (slot.timeLimitNs >> 63 != 0) return fail('InvalidSpec', 'the time limit is too long');
  if (slot.isPerConnection && !slot.isMachine) return fail('InvalidSpec', 'only virtual machines are made for each connection');
  if (slot.isPerConnection && slot.isLazy) return fail('InvalidSpec', 'a slot is either lazy or per connection');
  if (slot.filterLength == 0 || (slot.filterLength & 7) != 0) return fail('InvalidSpec', 'the system-call filter is not a whole number of instructions');
  if (slot.egressPathLength != 0) {
    if (!isPlainPath(slot.egressPath, slot.egressPathLength)) return fail('InvalidSpec', 'the egress path has a NUL byte');
    if (!isOneLine(slot.egressPolicy, slot.egressPolicyLength)) return fail('InvalidSpec', 'the egress policy is not one line');
  }
  for (let i: u32 = 0; i < slot.listenCount; i++) {
    if (!isListenEntry(listenEntry(slot, i))) return fail('InvalidSpec', 'a listening socket has no valid family or port');
  }
  return true;
}
