/** A module as a list of sections (WebAssembly core 2.0 §5.5.2), to change one and leave the others as they are. */
import { Reader } from '../decode/reader.ts';

export interface Section {
  readonly id: number;
  readonly content: Uint8Array;
}

export const sectionIds = {
  custom: 0,
  import: 2,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;

const headerBytes = 8;

export function readSections(wasm: Uint8Array): readonly Section[] {
  const reader = new Reader(wasm, headerBytes);
  const sections: Section[] = [];
  while (!reader.done) {
    const id = reader.byte();
    sections.push({ id, content: reader.slice(reader.u32()) });
  }
  return sections;
}

export function writeSections(sections: readonly Section[]): Uint8Array {
  return Buffer.concat([
    Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00),
    ...sections.flatMap(({ id, content }) => [Uint8Array.of(id), unsigned(content.length), content]),
  ]);
}

/** A vector: its length, then its items. */
export function writeVector(items: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([unsigned(items.length), ...items]);
}

export function writeName(name: string): Uint8Array {
  const bytes = Buffer.from(name);
  return Buffer.concat([unsigned(bytes.length), bytes]);
}

/** LEB128, §5.2.2. */
export function unsigned(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** LEB128, signed. */
export function signed(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    const low = rest & 0x7f;
    const isLast = (rest >> 6 === 0 && (low & 0x40) === 0) || (rest >> 6 === -1 && (low & 0x40) !== 0);
    if (isLast) return Uint8Array.from([...bytes, low]);
    bytes.push(low | 0x80);
  }
}
