import { type BodyInstruction, readBody } from '../decode/body.ts';
import { type Space, spacesOf } from '../decode/index-spaces.ts';
import type { ConstantExpression, ConstantOperation, DefinedFunction, FunctionType } from '../decode/module.ts';
import { Reader } from '../decode/reader.ts';
import { type Bytes, constant, signedNumber, unsigned } from './wasm-writer.ts';

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
    return [opcode.code, ...signedNumber(map('type', new Reader(bytes, byteOffset + 1).s33()))];
  }
  if (opcode.immediates === 'access' || opcode.immediates === 'access_lane') {
    const lanes = opcode.immediates === 'access_lane' ? [lane] : [];
    return [...opcodeBytes(opcode.code), second | 0x40, ...unsigned(map('memory', index)), ...unsigned(bits), ...lanes];
  }
  const spaces = spacesOf[opcode.immediates];
  if (spaces === undefined) return undefined;
  const indices = spaces.flatMap((space, position) => unsigned(map(space, position === 0 ? index : second)));
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

const arithmetic = { add: 0, sub: 1, mul: 2 } as const;

function operationCode(operation: ConstantOperation): Bytes {
  switch (operation.kind) {
    case 'const':
      return constant(operation.type, operation.bits);
    case 'global':
      return [0x23, ...unsigned(operation.index)];
    case 'function':
      return [0xd2, ...unsigned(operation.index)];
    case 'null':
      return [0xd0, operation.type === 'funcref' ? 0x70 : 0x6f];
    case 'binary':
      return [(operation.type === 'i32' ? 0x6a : 0x7c) + arithmetic[operation.operator]];
  }
}

/** A constant expression as instructions, without its end. */
export const constantCode = ({ operations }: ConstantExpression): Bytes => operations.flatMap(operationCode);
