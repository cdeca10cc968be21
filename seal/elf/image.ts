/** Which segments an image consists of that somebody maps or executes (docs/process-image.md). */

import { headerRoomBytes, pageBytes } from '../codegen/context-layout.ts';
import { flavourRules } from '../codegen/flavours/index.ts';
import type { GeneratedProgram, ProgramMemory } from '../codegen/program.ts';
import type { Flavour } from '../compile.ts';
import { type Segment, writeElf } from './elf.ts';

const noteName = 'Diatom\0\0';
const noteVersion = 2;

function note(memoryCount: number, target: number): Uint8Array {
  const bytes = new Uint8Array(12 + noteName.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 7, true); // name with its NUL, padded to 8
  view.setUint32(4, 12, true);
  view.setUint32(8, 1, true);
  for (let index = 0; index < noteName.length; index += 1) bytes[12 + index] = noteName.charCodeAt(index);
  view.setUint32(20, noteVersion, true);
  view.setUint32(24, memoryCount, true);
  view.setUint32(28, target, true);
  return bytes;
}

/** Zeros at the end are not in the file, nor are whole pages of them at the start. */
function storedBytes(bytes: Uint8Array): { readonly first: number; readonly bytes: Uint8Array } {
  const isUsed = (byte: number) => byte !== 0;
  const used = bytes.findIndex(isUsed);
  if (used === -1) return { first: 0, bytes: bytes.subarray(0, 0) };
  const first = used - (used % pageBytes);
  return { first, bytes: bytes.subarray(first, bytes.findLastIndex(isUsed) + 1) };
}

function memorySegment(memory: ProgramMemory, index: number, flavour: Flavour): Segment {
  const isImage = flavourRules[flavour].enteredBy === 'tender';
  const stored = isImage ? storedBytes(memory.bytes) : { first: 0, bytes: memory.bytes };
  return {
    kind: isImage ? 'diatom-memory' : 'load',
    flags: { read: true, write: true, execute: false },
    address: isImage ? index + stored.first * 2 ** 32 : memory.base,
    physicalAddress: isImage ? memory.maximumBytes : memory.base,
    bytes: stored.bytes,
    memorySizeBytes: memory.sizeBytes,
    alignment: pageBytes,
  };
}

/** Trailing zeros of `data` are not in the file, but its headers always are. */
function withHeaderRoom({ data, memories }: GeneratedProgram): Uint8Array {
  const bytes = new Uint8Array(Math.max(data.length, headerRoomBytes(memories.length)));
  bytes.set(data);
  return bytes;
}

export function writeImage(program: GeneratedProgram, flavour: Flavour): Uint8Array {
  const load = (address: number, bytes: Uint8Array, memorySizeBytes: number, execute: boolean): Segment => ({
    kind: 'load',
    flags: { read: true, write: !execute, execute },
    address,
    physicalAddress: address,
    bytes,
    memorySizeBytes,
    alignment: pageBytes,
  });
  const rules = flavourRules[flavour];
  const segments: Segment[] = [
    { ...load(program.context.address, withHeaderRoom(program), program.context.sizeBytes, false), holdsHeaders: true },
    load(program.textAddress, program.text, program.text.length, true),
  ];
  for (const [index, memory] of program.memories.entries()) {
    // The kernel refuses a PT_LOAD of no size.
    if (rules.enteredBy === 'tender' || memory.sizeBytes > 0) segments.push(memorySegment(memory, index, flavour));
  }
  const noteBytes = note(program.memories.length, rules.noteTarget);
  segments.push({
    kind: 'note',
    flags: { read: true, write: false, execute: false },
    address: 0,
    physicalAddress: 0,
    bytes: noteBytes,
    memorySizeBytes: noteBytes.length,
    alignment: 4,
  });
  segments.push({
    kind: 'stack',
    flags: { read: true, write: true, execute: false },
    address: 0,
    physicalAddress: 0,
    bytes: new Uint8Array(0),
    memorySizeBytes: 0,
    alignment: 16,
  });
  return writeElf(program.entryAddress, segments);
}
