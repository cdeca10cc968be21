/** A function's body with other indices, as joining modules needs it. */
import { type BodyInstruction, readBody } from '../decode/body.ts';
import { type Space, spacesOf } from '../decode/index-spaces.ts';
import type { ConstantExpression, DefinedFunction, FunctionType } from '../decode/module.ts';
import { Reader } from '../decode/reader.ts';
import { signed, unsigned } from './sections.ts';

type Bytes = readonly number[];

/** New index of an item of a module. */
export type IndexMap = (space: Space, index: number) => number;

const opcodeBytes = (code: number): Bytes => (code > 0xff ? [code >>> 8, ...unsigned(code & 0xff)] : [code]);

const hasTypeIndex = (bytes: Uint8Array, at: number): boolean => {
  const code = bytes[at] ?? 0;
  return code < 0x40 || code >= 0x80;
};

function rewritten(instruction: BodyInstruction, bytes: Uint8Array, map: IndexMap): Bytes | undefined {
  const { opcode, index, second, lane, bits, byteOffset } = instruction;
  if (opcode.immediates === 'block') {
    if (!hasTypeIndex(bytes, byteOffset + 1)) return undefined;
    return [opcode.code, ...signed(map('type', new Reader(bytes, byteOffset + 1).s33()))];
  }
  if (opcode.immediates === 'access' || opcode.immediates === 'access_lane') {
    const lanes = opcode.immediates === 'access_lane' ? [lane] : [];
    return [
      ...opcodeBytes(opcode.code),
      second | 0x40,
      ...unsigned(map('memory', index)),
      ...unsigned(Number(bits)),
      ...lanes,
    ];
  }
  const spaces = spacesOf[opcode.immediates];
  if (spaces === undefined) return undefined;
  const indices = spaces.flatMap((space, position) => [...unsigned(map(space, position === 0 ? index : second))]);
  return [...opcodeBytes(opcode.code), ...indices];
}

/** The function with every index in its body replaced. */
export function rewriteBody(fn: DefinedFunction, types: readonly FunctionType[], map: IndexMap): DefinedFunction {
  const body = readBody(fn, types);
  const code: number[] = [];
  for (const [position, instruction] of body.entries()) {
    const end = body[position + 1]?.byteOffset ?? fn.bodyEnd;
    code.push(...(rewritten(instruction, fn.bytes, map) ?? fn.bytes.subarray(instruction.byteOffset, end)));
  }
  const bytes = Uint8Array.from(code);
  return { ...fn, typeIndex: map('type', fn.typeIndex), bytes, bodyStart: 0, bodyEnd: bytes.length };
}

export const rewriteConstant = (expression: ConstantExpression, map: IndexMap): ConstantExpression => ({
  ...expression,
  operations: expression.operations.map((operation) =>
    operation.kind === 'global' || operation.kind === 'function'
      ? { ...operation, index: map(operation.kind, operation.index) }
      : operation,
  ),
});
