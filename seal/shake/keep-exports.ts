/** A module without the exports that nobody asks for: what only they reached, the optimizer then drops. */
import { Reader } from '../decode/reader.ts';

const headerBytes = 8;
const exportSection = 7;

export function keepExports(wasm: Uint8Array, names: readonly string[]): Uint8Array {
  const reader = new Reader(wasm);
  const parts: Uint8Array[] = [reader.slice(headerBytes)];
  const missing = new Set(names);
  while (!reader.done) {
    const start = reader.offset;
    const id = reader.byte();
    const section = reader.slice(reader.u32());
    if (id !== exportSection) {
      parts.push(wasm.subarray(start, reader.offset));
      continue;
    }
    const entries = new Reader(section);
    const kept: Uint8Array[] = [];
    entries.vector(() => {
      const from = entries.offset;
      const name = entries.name();
      entries.byte();
      entries.u32();
      if (missing.delete(name)) kept.push(section.subarray(from, entries.offset));
    });
    const content = Buffer.concat([unsigned(kept.length), ...kept]);
    parts.push(Uint8Array.of(exportSection), unsigned(content.length), content);
  }
  if (missing.size > 0) throw new Error(`the module does not export ${[...missing].join(', ')}`);
  return Buffer.concat(parts);
}

function unsigned(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
