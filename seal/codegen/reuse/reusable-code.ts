/**
 * The code of one function without its place: bytes, and what their fields refer to. Written into another image it gives
 * the bytes that compiling the function there would have given.
 */
import type { Field, Label, RegionCode } from '../assembler.ts';
import type { Program } from '../emission.ts';
import type { FunctionKey } from './function-key.ts';
import { ask, type Recording, type Request } from './recording.ts';

/** As JSON before the code. Places count from the function's first byte. */
interface Description {
  readonly requests: readonly Request[];
  /** Targets of each jump table. */
  readonly jumpTables: readonly (readonly number[])[];
  /** Place, what follows the field within its instruction, and which of names, requests and jump tables it refers to. */
  readonly fields: readonly (readonly [at: number, extra: number, reference: number])[];
}

const lengthBytes = 4;

export function encodeCode(key: FunctionKey, recording: Recording, code: RegionCode): Uint8Array {
  const { requests, answers, jumpTables } = recording;
  const references = new Map<Label | undefined, number>();
  for (const [index, label] of [...key.labels, ...answers, ...jumpTables.map(({ label }) => label)].entries()) {
    references.set(label, index);
  }
  const description: Description = {
    requests,
    jumpTables: jumpTables.map(({ targets }) => targets.map((target) => code.placeOf(target))),
    fields: code.fields.map(({ at, extra, label }) => {
      const reference = references.get(label);
      if (reference === undefined) throw new Error('code refers to something that its function does not name');
      return [at, extra, reference] as const;
    }),
  };
  const text = Buffer.from(JSON.stringify(description));
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, code.bytes]);
}

export function writeCode(program: Program, key: FunctionKey, encoded: Uint8Array): void {
  const { assembler, literals } = program;
  const buffer = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  const codeStart = lengthBytes + buffer.readUInt32LE(0);
  const { requests, jumpTables, fields } = JSON.parse(buffer.toString('utf8', lengthBytes, codeStart)) as Description;
  const start = assembler.size;
  const ordered = [
    ...key.labels,
    ...requests.map((request) => ask(program, request)),
    ...jumpTables.map((targets) => literals.jumpTable(targets.map((place) => assembler.labelAt(start + place)))),
  ];
  const placed = fields.map(([at, extra, reference]): Field => {
    const label = ordered[reference];
    if (label === undefined) throw new Error('reused code refers to something that is not there');
    return { at, extra, label };
  });
  assembler.paste(encoded.subarray(codeStart), placed);
}
