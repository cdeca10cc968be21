/** Executables for the targets process and hvt, made by hand: well-formed ones that misbehave, and malformed ones. */
import { createHash, randomUUID } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '@diatom/libos/manifest';

export const textAddress = 0x1000_0000;
export const dataAddress = 0x1010_0000;
const pageBytes = 4096;
const headerBytes = 64;
const programHeaderBytes = 56;

export const segmentTypes = { load: 1, interpreter: 3, note: 4, memory: 0x6474_d001 } as const;
export const flags = { execute: 1, write: 2, read: 4 } as const;

export interface Segment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number | bigint;
  /** p_paddr: the maximal size of a memory. */
  readonly physical: number | bigint;
  readonly fileBytes: number | bigint;
  readonly memoryBytes: number | bigint;
}

export interface ImageParts {
  readonly text: Uint8Array;
  /** Pages of linear memory of 64 KiB: initial and maximal. */
  readonly memories?: readonly { readonly initialPages: number; readonly maximumPages: number }[];
  /** Spoils the segments of a correct image. */
  readonly change?: (segments: readonly Segment[]) => readonly Segment[];
  readonly entry?: number;
  readonly target?: keyof typeof noteTargets;
}

const noteTargets = { process: 0, hvt: 1 } as const;

const encodeSegment = (segment: Segment): Uint8Array => {
  const header = Buffer.alloc(programHeaderBytes);
  header.writeUInt32LE(segment.type, 0);
  header.writeUInt32LE(segment.flags, 4);
  const words = [segment.offset, segment.address, segment.physical, segment.fileBytes, segment.memoryBytes, pageBytes];
  words.forEach((value, index) => {
    header.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), 8 + index * 8);
  });
  return header;
};

const encodeNote = (memoryCount: number, target: keyof typeof noteTargets): Uint8Array => {
  const note = Buffer.alloc(32);
  note.writeUInt32LE(7, 0);
  note.writeUInt32LE(12, 4);
  note.writeUInt32LE(1, 8);
  note.write('Diatom\0', 12, 'latin1');
  note.writeUInt32LE(2, 20);
  note.writeUInt32LE(memoryCount, 24);
  note.writeUInt32LE(noteTargets[target], 28);
  return note;
};

/** One page each: headers with the note, text, data. Data is one page of zeros, readable and writable. */
export const buildImage = ({
  text,
  memories = [{ initialPages: 1, maximumPages: 1 }],
  change,
  entry,
  target = 'process',
}: ImageParts): Buffer => {
  const noteOffset = pageBytes - 64;
  const note = encodeNote(memories.length, target);
  const common = { physical: 0, memoryBytes: pageBytes, fileBytes: pageBytes };
  const correct: readonly Segment[] = [
    { ...common, type: segmentTypes.load, flags: flags.read | flags.execute, offset: pageBytes, address: textAddress },
    {
      ...common,
      type: segmentTypes.load,
      flags: flags.read | flags.write,
      offset: 2 * pageBytes,
      address: dataAddress,
    },
    ...memories.map(({ initialPages, maximumPages }, index) => ({
      type: segmentTypes.memory,
      flags: flags.read | flags.write,
      offset: 0,
      address: index,
      physical: maximumPages * 65_536,
      fileBytes: 0,
      memoryBytes: initialPages * 65_536,
    })),
    {
      type: segmentTypes.note,
      flags: flags.read,
      offset: noteOffset,
      address: 0,
      physical: 0,
      fileBytes: note.length,
      memoryBytes: note.length,
    },
  ];
  const segments = change ? change(correct) : correct;
  const file = Buffer.alloc(3 * pageBytes);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(62, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(BigInt(entry ?? textAddress), 24);
  file.writeBigUInt64LE(BigInt(headerBytes), 32);
  file.writeUInt16LE(headerBytes, 52);
  file.writeUInt16LE(programHeaderBytes, 54);
  file.writeUInt16LE(segments.length, 56);
  segments.forEach((segment, index) => {
    file.set(encodeSegment(segment), headerBytes + index * programHeaderBytes);
  });
  file.set(note, noteOffset);
  file.set(text, pageBytes);
  return file;
};

/** Every call the table has: what these images try is denied by argument or because no row exists. */
export const everySystemCall: readonly string[] = [
  ...['recvfrom', 'sendto', 'epoll_pwait', 'epoll_wait', 'epoll_ctl', 'accept4', 'close', 'shutdown'],
  ...['clock_gettime', 'write', 'getrandom', 'mprotect', 'exit_group'],
];

export const storeImage = async (
  directory: string,
  name: string,
  elf: Uint8Array,
  systemCalls: readonly string[] = everySystemCall,
): Promise<{ readonly imagePath: string; readonly manifest: Manifest }> => {
  const hex = createHash('sha256').update(elf).digest('hex');
  const imagePath = join(directory, hex);
  // Another guest may run from that very file.
  const part = `${imagePath}.${randomUUID()}`;
  await writeFile(part, elf);
  await rename(part, imagePath);
  const manifest: Manifest = {
    schemaVersion: 1,
    machineVersion: 1,
    name,
    created: '2000-01-01T00:00:00Z',
    generator: 'hostile images',
    ports: [{ name: 'http', port: 8080 }],
    connect: [],
    memory: { initialBytes: 65_536, maximumBytes: 65_536, stackBytes: 65_536 },
    machineCalls: [],
    systemCalls,
    functions: [],
    layers: (['process', 'hvt'] as const).map((role) => ({ role, digest: `sha256:${hex}`, sizeBytes: elf.length })),
  };
  return { imagePath, manifest };
};
