/** The engine's module with the memory of a program whose top level has run: nothing but data and limits differ. */
import { Reader } from '../decode/reader.ts';
import {
  readSections,
  type Section,
  sectionIds,
  signed,
  unsigned,
  writeSections,
  writeVector,
} from '../link/sections.ts';
import { segmentsOf } from './segments.ts';

export interface Snapshot {
  /** The application's memory from its first byte; what follows is zero. */
  readonly memory: Uint8Array;
  readonly initialPages: number;
}

export interface MemoryLimits {
  readonly libraryOsPages: number;
  readonly applicationPages: number;
}

/** Library OS and application, in the order of the link. */
const applicationMemory = 1;

export function writeSnapshot(module: Uint8Array, snapshot: Snapshot, maximum: MemoryLimits): Uint8Array {
  const sections = readSections(module);
  const data = sections.find(({ id }) => id === sectionIds.data);
  const kept = data === undefined ? [] : otherSegments(data.content);
  const segments = [...kept, ...segmentsOf(snapshot.memory).map(({ offset, bytes }) => encodeSegment(offset, bytes))];
  const written = sections.map((section): Section => {
    if (section.id === sectionIds.data) return { id: section.id, content: writeVector(segments) };
    if (section.id === sectionIds.dataCount) return { id: section.id, content: unsigned(segments.length) };
    if (section.id === sectionIds.memory)
      return { id: section.id, content: limits(section.content, snapshot, maximum) };
    return section;
  });
  return writeSections(written);
}

/** Segments of the other memory, as they are. */
function otherSegments(content: Uint8Array): Uint8Array[] {
  const reader = new Reader(content);
  const kept: Uint8Array[] = [];
  reader.vector(() => {
    const from = reader.offset;
    const kind = reader.u32();
    // A passive segment would be copied at run time, over what the snapshot holds.
    if (kind === 1) throw new Error('the engine has passive data segments, which a snapshot cannot replace');
    const memory = kind === 2 ? reader.u32() : 0;
    if (reader.byte() !== constantOpcode) throw new Error('a data segment of the engine has no constant place');
    reader.s32();
    reader.byte();
    reader.slice(reader.u32());
    if (memory !== applicationMemory) kept.push(content.subarray(from, reader.offset));
  });
  return kept;
}

const constantOpcode = 0x41;
const endOpcode = 0x0b;

function encodeSegment(offset: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([
    unsigned(2),
    unsigned(applicationMemory),
    Uint8Array.of(constantOpcode),
    signed(offset),
    Uint8Array.of(endOpcode),
    unsigned(bytes.length),
    bytes,
  ]);
}

function limits(content: Uint8Array, snapshot: Snapshot, maximum: MemoryLimits): Uint8Array {
  const reader = new Reader(content);
  const memories = reader.vector(() => {
    const hasMaximum = reader.byte() === 1;
    const initialPages = reader.u32();
    if (hasMaximum) reader.u32();
    return initialPages;
  });
  const [libraryOs] = memories;
  if (libraryOs === undefined || memories.length !== 2)
    throw new Error(`the engine has ${memories.length} memories instead of 2`);
  const one = (initialPages: number, maximumPages: number) =>
    Buffer.concat([Uint8Array.of(1), unsigned(initialPages), unsigned(maximumPages)]);
  return writeVector([one(libraryOs, maximum.libraryOsPages), one(snapshot.initialPages, maximum.applicationPages)]);
}
