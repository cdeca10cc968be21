/** Files that are no images: refused before anything of them is mapped. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { buildImage, dataAddress, flags, type Segment, segmentTypes, textAddress } from './hostile/image.ts';
import { survive } from './hostile/machine-code.ts';
import { startTestTender, type TestTender } from './hostile/native-tender.ts';

let subject: TestTender;

before(async () => {
  subject = await startTestTender();
});

after(async () => {
  await subject[Symbol.asyncDispose]();
});

type Change = (segments: readonly Segment[]) => readonly Segment[];

const isText = (segment: Segment): boolean => segment.address === textAddress;
const isData = (segment: Segment): boolean => segment.address === dataAddress;
const isMemory = (segment: Segment): boolean => segment.type === segmentTypes.memory;
const isNote = (segment: Segment): boolean => segment.type === segmentTypes.note;

const changed =
  (selects: (segment: Segment) => boolean, change: Partial<Segment>): Change =>
  (segments) =>
    segments.map((segment) => (selects(segment) ? { ...segment, ...change } : segment));

const malformed: readonly [name: string, message: RegExp, change: Change][] = [
  ['text is writable', /writable and executable/, changed(isText, { flags: 7 })],
  ['a segment has unknown permissions', /permissions/, changed(isData, { flags: 14 })],
  ['a segment cannot be read', /permissions/, changed(isText, { flags: flags.execute })],
  ['text lies below the window', /outside 0x10000000/, changed(isText, { address: 0x0fff_f000 })],
  ['data lies above the window', /outside 0x10000000/, changed(isData, { address: 0x2000_0000 })],
  [
    'data lies across the end of the window',
    /outside|size/,
    changed(isData, { address: 0x1fff_f000, memoryBytes: 8192 }),
  ],
  ['an address wraps round', /outside/, changed(isData, { address: -4096 })],
  ['a size wraps round', /size/, changed(isData, { memoryBytes: -4096 })],
  ['a segment is empty', /size/, changed(isData, { memoryBytes: 0, fileBytes: 0 })],
  ['a segment has more bytes than memory', /size/, changed(isData, { fileBytes: 8192 })],
  ['an address is off a page boundary', /page boundary/, changed(isData, { address: dataAddress + 16 })],
  ['an offset is off a page boundary', /page boundary/, changed(isData, { offset: 8193 })],
  ['a segment lies outside the file', /outside the file/, changed(isData, { offset: 1 << 20 })],
  ['text ends after the file', /outside the file/, changed(isText, { fileBytes: 1 << 16, memoryBytes: 1 << 16 })],
  ['text is longer than its bytes', /longer than its bytes/, changed(isText, { memoryBytes: 8192 })],
  ['segments overlap', /overlap/, changed(isData, { address: textAddress })],
  ['segments are out of order', /out of order/, (segments) => [...segments].reverse()],
  ['a memory is larger than 4 GiB', /impossible size/, changed(isMemory, { physical: 2 ** 32 + 65_536 })],
  ['a memory starts larger than its maximum', /impossible size/, changed(isMemory, { memoryBytes: 131_072 })],
  ['a memory has more bytes than size', /impossible size/, changed(isMemory, { fileBytes: 131_072 })],
  ['the bytes of a memory start off a page', /off a page boundary/, changed(isMemory, { address: 8n << 32n })],
  ['the bytes of a memory start behind it', /impossible size/, changed(isMemory, { address: 0x2_0000n << 32n })],
  [
    'the bytes of a memory end behind it',
    /impossible size/,
    changed(isMemory, { address: 0xf000n << 32n, fileBytes: 8192 }),
  ],
  ['a memory is not whole pages', /64 KiB/, changed(isMemory, { memoryBytes: 4096 })],
  ['a memory lies outside the file', /outside the file/, changed(isMemory, { fileBytes: 65_536, offset: 4096 })],
  ['memories are numbered wrongly', /out of order/, changed(isMemory, { address: 1 })],
  [
    'there are too many memories',
    /too many memories/,
    (segments) => [
      ...segments.filter((segment) => !isMemory(segment)),
      ...Array.from({ length: 9 }, (_, index) => ({ ...(segments.find(isMemory) as Segment), address: index })),
    ],
  ],
  [
    'there are too many segments',
    /too many segments/,
    (segments) =>
      Array.from({ length: 9 }, (_, index) => ({
        ...(segments.find(isData) as Segment),
        address: dataAddress + index * 4096,
      })),
  ],
  ['it asks for an interpreter', /kind images do not have/, changed(isNote, { type: segmentTypes.interpreter })],
  ['there is no note', /no note/, (segments) => segments.filter((segment) => !isNote(segment))],
  ['the note lies elsewhere', /no note/, changed(isNote, { offset: 1 << 30 })],
  ['the note is too short', /no note/, changed(isNote, { fileBytes: 12 })],
  ['the note counts other memories', /another number/, (segments) => segments.filter((segment) => !isMemory(segment))],
  ['nothing is executable', /entry/, changed(isText, { flags: flags.read })],
  ['there is nothing', /no program headers/, () => []],
];

const refuses = async (name: string, elf: Uint8Array, message: RegExp): Promise<void> => {
  const spec = await subject.spec(name.replaceAll(/[^a-z0-9]/gi, '-'), elf);
  await assert.rejects(subject.tender.start(spec), { code: 'InvalidImage', message });
  assert.deepEqual(await subject.tender.list(), []);
};

for (const [name, message, change] of malformed) {
  test(`a file is refused in which ${name}`, () => refuses(name, buildImage({ text: survive, change }), message));
}

test('an entry outside the text is refused', async () => {
  for (const entry of [0, textAddress - 1, textAddress + 4096, dataAddress]) {
    await refuses(`entry-${entry}`, buildImage({ text: survive, entry }), /entry/);
  }
});

test('a file of another kind is refused', async () => {
  const elf = buildImage({ text: survive });
  const at = (offset: number, value: number): Uint8Array => {
    const copy = Buffer.from(elf);
    copy[offset] = value;
    return copy;
  };
  await refuses('empty', new Uint8Array(), /too short/);
  await refuses('script', Buffer.from('#!/bin/sh\n'.repeat(20)), /not an ELF/);
  await refuses('elf32', at(4, 1), /not an executable for x86-64/);
  await refuses('big-endian', at(5, 2), /not an executable for x86-64/);
  await refuses('relocatable', at(16, 1), /not an executable for x86-64/);
  await refuses('aarch64', at(18, 183), /not an executable for x86-64/);
  await refuses('header-size', at(54, 55), /program headers/);
  await refuses('table-elsewhere', at(34, 1), /first page/);
  await refuses('table-too-long', at(57, 255), /first page/);
});

test('a file cut off anywhere is refused', async () => {
  const elf = buildImage({ text: survive });
  for (const length of [1, 63, 64, 100, 400, 4095, 4096, 8191, 12_287]) {
    await refuses(`cut-${length}`, elf.subarray(0, length), /./);
  }
});

test('a directory is no image', async () => {
  const spec = await subject.spec('directory', buildImage({ text: survive }));
  const imagePath = `${subject.directory}/folder`;
  await mkdir(imagePath);
  await assert.rejects(subject.tender.start({ ...spec, imagePath }), { code: 'ImageUnreadable' });
});

test('a file that is not the one its manifest names is refused', async () => {
  const one = await subject.spec('one', buildImage({ text: survive }));
  const other = await subject.spec('other', buildImage({ text: survive, entry: textAddress + 1 }));
  await assert.rejects(subject.tender.start({ ...one, imagePath: other.imagePath }), { code: 'DigestMismatch' });
});
