import type { ConstantExpression, ConstantOperation } from '../decode/module.ts';
import { type Bytes, constant, unsigned } from './wasm-writer.ts';

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
