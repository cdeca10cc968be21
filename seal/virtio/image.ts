/**
 * The image of the virtio target: an ELF that any monitor with the PVH boot protocol starts (docs/virtio.md). Program
 * headers say where in RAM everything goes; page tables, descriptor tables and the boot block are made here.
 */
import { Assembler, type Label } from '../codegen/assembler.ts';
import { noteTargets } from '../codegen/flavours/rules.ts';
import type { GeneratedProgram } from '../codegen/program.ts';
import { type Segment, writeElf } from '../elf/elf.ts';
import {
  alignPage,
  bootBlock,
  bootMagic,
  bootWords,
  commandLineOffset,
  deviceSlots,
  deviceWindow,
  memoryBase,
  pageBytes,
  sharedBase,
  sharedBytes,
  stackStart,
  supervisorApic,
  supervisorBase,
} from './layout.ts';
import { buildPageTables, type Mapping, type Reserved } from './page-tables.ts';
import { emitSerialText, Texts } from './serial-text.ts';
import { emitInterrupt, emitServices, emitSpuriousInterrupt } from './services.ts';
import { emitStart, emitUserStart, type StartPlan } from './start-code.ts';
import {
  firstInterrupt,
  lastInterrupt,
  mostMemories,
  supervisorDataAt,
  supervisorDataBytes,
} from './supervisor-data.ts';
import { emitTraps, type TrapPlan } from './trap-code.ts';

export interface VirtioOptions {
  /** Default: 256 KiB. */
  readonly stackBytes?: number;
}

const defaultStackBytes = 256 * 1024;
const localApic = 0xfee0_0000;

/** What goes into RAM, in this order, each from a page of its own. */
interface Part {
  readonly name:
    | 'boot code'
    | 'supervisor data'
    | 'boot block'
    | 'page tables'
    | 'data'
    | 'text'
    | 'memory'
    | 'stack'
    | 'shared';
  readonly linear: number;
  readonly sizeBytes: number;
  readonly user: boolean;
  readonly write: boolean;
  readonly execute: boolean;
}

interface PlacedPart extends Part {
  readonly physical: number;
}

export function writeVirtioImage(
  program: GeneratedProgram,
  { stackBytes = defaultStackBytes }: VirtioOptions = {},
): Uint8Array {
  if (program.memories.length > mostMemories) throw new Error(`an image has at most ${mostMemories} memories`);
  const text = withUserStart(program);
  const stackEnd = stackStart + alignPage(stackBytes);
  const parts = (bootCodeBytes: number, pageTableBytes: number): readonly Part[] => {
    const part = (name: Part['name'], linear: number, sizeBytes: number, access: string): Part => ({
      ...{ name, linear, sizeBytes, user: access.includes('u') },
      ...{ write: access.includes('w'), execute: access.includes('x') },
    });
    const bootCodeEnd = supervisorBase + alignPage(bootCodeBytes);
    return [
      part('boot code', supervisorBase, bootCodeBytes, 'rx'),
      part('supervisor data', bootCodeEnd, pageBytes, 'rw'),
      part('boot block', bootBlock, pageBytes, 'ur'),
      // Reached through the entry that points to the tables themselves, and in no other way.
      part('page tables', 0, pageTableBytes, ''),
      part('data', program.context.address, program.context.sizeBytes, 'urw'),
      part('text', program.textAddress, text.bytes.length, 'urx'),
      ...program.memories.map(({ sizeBytes }, index) => part('memory', memoryBase(index), sizeBytes, 'urw')),
      part('stack', stackStart, stackEnd - stackStart, 'urw'),
      part('shared', sharedBase, sharedBytes, 'urw'),
    ];
  };
  const reserved: readonly Reserved[] = [
    { linear: deviceWindow, sizeBytes: deviceSlots * pageBytes, down: 'table' },
    ...program.memories.map(({ maximumBytes }, index) => ({
      ...{ linear: memoryBase(index), sizeBytes: maximumBytes, down: 'directory' as const },
    })),
  ];
  const trapPlan: TrapPlan = {
    textStart: program.textAddress,
    textEnd: program.textAddress + program.text.length,
    stackEnd,
    memoryCount: program.memories.length,
  };
  const bootCodeFor = (placed: readonly PlacedPart[], bootCodeBytes: number) =>
    emitBootCode(trapPlan, program.memories.length, {
      data: supervisorDataAt(supervisorBase + alignPage(bootCodeBytes)),
      bootBlock: physicalOf(placed, 'boot block'),
      shared: physicalOf(placed, 'shared'),
      pageTables: physicalOf(placed, 'page tables'),
      imageStart: supervisorBase,
      imageEnd: endOf(placed),
      userEntry: text.userStart,
      userStackTop: stackEnd,
    });
  // Sizes of code and tables do not depend on addresses: laid out once to learn them, once more to keep.
  const draft = place(parts(pageBytes, pageBytes));
  const bootCodeBytes = bootCodeFor(draft, pageBytes).bytes.length;
  const draftTables = buildPageTables(0, mappingsOf(place(parts(bootCodeBytes, pageBytes))), reserved);
  const pageTableBytes = draftTables.length * pageBytes;
  const placed = place(parts(bootCodeBytes, pageTableBytes));
  const bootCode = bootCodeFor(placed, bootCodeBytes);
  if (bootCode.bytes.length !== bootCodeBytes) throw new Error('the boot code changed its size');

  /** Bytes of each page or run of pages; none for what whoever uses it writes first. */
  const contents = (part: PlacedPart, memoryIndex: number): readonly Uint8Array[] => {
    switch (part.name) {
      case 'boot code':
        return [bootCode.bytes];
      case 'supervisor data': {
        const start = { handlers: bootCode.handlers, free: endOf(placed), memories: program.memories };
        return [supervisorDataBytes(supervisorDataAt(part.linear), start)];
      }
      case 'boot block':
        return [bootBlockBytes(program.memories.length, physicalOf(placed, 'shared'))];
      case 'page tables':
        return buildPageTables(part.physical, mappingsOf(placed), reserved);
      case 'data':
        return [program.data];
      case 'text':
        return [text.bytes];
      case 'memory':
        return program.memories.slice(memoryIndex, memoryIndex + 1).map(({ bytes }) => bytes);
      case 'stack':
      case 'shared':
        return [];
    }
  };
  const segments: Segment[] = [noteSegment(program.memories.length, bootCode.entry)];
  let memoryIndex = 0;
  for (const part of placed) {
    const pieces = contents(part, memoryIndex);
    if (part.name === 'memory') memoryIndex += 1;
    for (const [index, bytes] of pieces.entries()) {
      if (part.sizeBytes === 0) continue;
      const physical = part.physical + index * pageBytes;
      segments.push({
        kind: 'load',
        flags: { read: true, write: part.write, execute: part.execute },
        address: part.linear === 0 ? physical : part.linear,
        physicalAddress: physical,
        bytes: withoutTrailingZeros(bytes),
        memorySizeBytes: part.name === 'page tables' ? pageBytes : part.sizeBytes,
        alignment: fileAlignment,
      });
    }
  }
  return writeElf(bootCode.entry, segments);
}

/** Monitors copy, they do not map: nothing has to begin on a page of the file. */
const fileAlignment = 16;

function withoutTrailingZeros(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}

function place(parts: readonly Part[]): readonly PlacedPart[] {
  let physical = supervisorBase;
  return parts.map((part) => {
    const placed = { ...part, physical };
    physical += alignPage(part.sizeBytes);
    return placed;
  });
}

const endOf = (placed: readonly PlacedPart[]): number => {
  const last = placed.at(-1);
  return last === undefined ? supervisorBase : last.physical + alignPage(last.sizeBytes);
};

function physicalOf(placed: readonly PlacedPart[], name: Part['name']): number {
  const found = placed.find((part) => part.name === name);
  if (found === undefined) throw new Error(`the image has no ${name}`);
  return found.physical;
}

const mappingsOf = (placed: readonly PlacedPart[]): readonly Mapping[] => [
  ...placed.filter(({ name }) => name !== 'page tables'),
  {
    ...{ linear: supervisorApic, physical: localApic, sizeBytes: pageBytes },
    ...{ user: false, write: true, execute: false, uncached: true },
  },
];

/** The image's code with the first code of ring 3 behind it. */
function withUserStart(program: GeneratedProgram): { readonly bytes: Uint8Array; readonly userStart: number } {
  const userStart = program.textAddress + Math.ceil(program.text.length / 16) * 16;
  const assembler = new Assembler(userStart);
  emitUserStart(assembler, { sharedBase, bootBlock, entry: program.entryAddress });
  const code = assembler.finish();
  const bytes = new Uint8Array(userStart - program.textAddress + code.length);
  bytes.set(program.text);
  bytes.set(code, userStart - program.textAddress);
  return { bytes, userStart };
}

interface BootCode {
  readonly bytes: Uint8Array;
  /** Physical address the monitor jumps to. */
  readonly entry: number;
  readonly handlers: ReadonlyMap<number, number>;
}

function emitBootCode(trapPlan: TrapPlan, memoryCount: number, startPlan: StartPlan): BootCode {
  const assembler = new Assembler(supervisorBase);
  const region = assembler.startRegion();
  const texts = new Texts(assembler);
  const serial = emitSerialText(assembler);
  const start = assembler.here();
  const services = assembler.newLabel();
  emitStart(assembler, startPlan, serial, texts);
  const handlers = new Map<number, Label>();
  for (const [vector, label] of emitTraps(assembler, trapPlan, services, serial, texts).entries())
    handlers.set(vector, label);
  const interrupt = assembler.here();
  emitInterrupt(assembler);
  for (let vector = firstInterrupt; vector < lastInterrupt; vector += 1) handlers.set(vector, interrupt);
  handlers.set(lastInterrupt, assembler.here());
  emitSpuriousInterrupt(assembler);
  assembler.bind(services);
  emitServices(assembler, startPlan.data, memoryCount, serial);
  texts.emit();
  assembler.endRegion(region);
  const bytes = assembler.finish();
  const addresses = new Map([...handlers].map(([vector, label]) => [vector, assembler.addressOf(label)]));
  return { bytes, entry: assembler.addressOf(start), handlers: addresses };
}

function bootBlockBytes(memoryCount: number, sharedPhysical: number): Uint8Array {
  const bytes = new Uint8Array(commandLineOffset);
  const view = new DataView(bytes.buffer);
  const put = (word: number, value: bigint) => view.setBigUint64(word * 8, value, true);
  put(bootWords.magic, bootMagic);
  put(bootWords.commandLine, BigInt(bootBlock + commandLineOffset));
  put(bootWords.sharedPhysical, BigInt(sharedPhysical));
  for (let index = 0; index < memoryCount; index += 1) put(bootWords.memories + index, BigInt(memoryBase(index)));
  return bytes;
}

/** Xen's note tells monitors the entry (XEN_ELFNOTE_PHYS32_ENTRY); ours says whose image it is. */
function noteSegment(memoryCount: number, entry: number): Segment {
  const xen = noteBytes('Xen\0', 18, [entry, 0]);
  const own = noteBytes('Diatom\0', 1, [2, memoryCount, noteTargets.virtio]);
  const bytes = Uint8Array.from([...xen, ...own]);
  return {
    kind: 'note',
    flags: { read: true, write: false, execute: false },
    address: 0,
    physicalAddress: 0,
    bytes,
    memorySizeBytes: bytes.length,
    alignment: 4,
  };
}

function noteBytes(name: string, type: number, words: readonly number[]): Uint8Array {
  const nameBytes = new TextEncoder().encode(name);
  const paddedBytes = Math.ceil(nameBytes.length / 4) * 4;
  const bytes = new Uint8Array(12 + paddedBytes + words.length * 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, nameBytes.length, true);
  view.setUint32(4, words.length * 4, true);
  view.setUint32(8, type, true);
  bytes.set(nameBytes, 12);
  for (const [index, word] of words.entries()) view.setUint32(12 + paddedBytes + index * 4, word, true);
  return bytes;
}
