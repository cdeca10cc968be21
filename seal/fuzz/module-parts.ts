/** A module taken apart where a reduction cuts: exports and the instructions of each function. */
import { readBody } from '../decode/body.ts';
import { decode } from '../decode/decode.ts';
import { Reader } from '../decode/reader.ts';

export interface FunctionPart {
  /** Count and groups of the locals. */
  readonly locals: Uint8Array;
  /** One entry per instruction, the last `end` included. */
  readonly instructions: readonly Uint8Array[];
}

export interface ModuleParts {
  readonly before: Uint8Array;
  readonly functions: readonly FunctionPart[];
  readonly after: Uint8Array;
  /** Position of a function of that name among those with code. */
  readonly positionOf: (exportName: string) => number | undefined;
}

const headerBytes = 8;
const codeSection = 10;

export function takeApart(wasm: Uint8Array): ModuleParts {
  const module = decode(wasm);
  const defined = module.functions.filter((fn) => fn.kind === 'defined');
  const imported = module.functions.length - defined.length;
  const positionOf = (name: string) => {
    const found = module.exports.find((item) => item.kind === 'function' && item.name === name);
    return found === undefined || found.index < imported ? undefined : found.index - imported;
  };
  const reader = new Reader(wasm, headerBytes);
  while (!reader.done) {
    const start = reader.offset;
    const id = reader.byte();
    const sizeBytes = reader.u32();
    if (id !== codeSection) {
      reader.offset += sizeBytes;
      continue;
    }
    const section = new Reader(wasm, reader.offset, reader.offset + sizeBytes);
    const functions = section.vector((index): FunctionPart => {
      const entryBytes = section.u32();
      const entry = section.offset;
      section.offset += entryBytes;
      const fn = defined[index];
      if (fn === undefined) throw new Error(`function ${index} has code and no type`);
      const starts = [...readBody(fn, module.types).map(({ byteOffset }) => byteOffset), fn.bodyEnd];
      return {
        locals: wasm.subarray(entry, fn.bodyStart),
        instructions: starts.slice(0, -1).map((at, place) => wasm.subarray(at, starts[place + 1])),
      };
    });
    return { before: wasm.subarray(0, start), functions, after: wasm.subarray(section.end), positionOf };
  }
  return { before: wasm, functions: [], after: new Uint8Array(0), positionOf };
}

export function putTogether({ before, functions, after }: ModuleParts): Uint8Array<ArrayBuffer> {
  const entries = functions.map(({ locals, instructions }) => {
    const body = Buffer.concat([locals, ...instructions]);
    return Buffer.concat([unsigned(body.length), body]);
  });
  const content = Buffer.concat([unsigned(entries.length), ...entries]);
  const section = functions.length === 0 ? [] : [Uint8Array.of(codeSection), unsigned(content.length), content];
  return new Uint8Array(Buffer.concat([before, ...section, after]));
}

function unsigned(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
