/** Constant expressions (core specification §3.3.13, with extended-const). */
import { readOpcode } from './body.ts';
import { ModuleError } from './error.ts';
import type { ConstantExpression, ConstantOperation } from './module.ts';
import type { Reader } from './reader.ts';
import { readHeapType } from './types.ts';

export function readConstantExpression(reader: Reader): ConstantExpression {
  const byteOffset = reader.offset;
  const operations: ConstantOperation[] = [];
  for (;;) {
    const at = reader.offset;
    const opcode = readOpcode(reader);
    switch (opcode.name) {
      case 'end':
        return { operations, byteOffset };
      case 'i32.const':
        operations.push({ kind: 'const', type: 'i32', bits: BigInt.asUintN(32, BigInt(reader.s32())) });
        break;
      case 'i64.const':
        operations.push({ kind: 'const', type: 'i64', bits: BigInt.asUintN(64, reader.s64()) });
        break;
      case 'f32.const':
        operations.push({ kind: 'const', type: 'f32', bits: reader.f32Bits() });
        break;
      case 'f64.const':
        operations.push({ kind: 'const', type: 'f64', bits: reader.f64Bits() });
        break;
      case 'v128.const':
        operations.push({ kind: 'const', type: 'v128', bits: reader.v128Bits() });
        break;
      case 'global.get':
        operations.push({ kind: 'global', index: reader.u32() });
        break;
      case 'ref.func':
        operations.push({ kind: 'function', index: reader.u32() });
        break;
      case 'ref.null':
        operations.push({ kind: 'null', type: readHeapType(reader) });
        break;
      case 'i32.add':
      case 'i32.sub':
      case 'i32.mul':
      case 'i64.add':
      case 'i64.sub':
      case 'i64.mul':
        operations.push({
          kind: 'binary',
          type: opcode.name.startsWith('i32') ? 'i32' : 'i64',
          operator: opcode.name.slice(4) as 'add' | 'sub' | 'mul',
        });
        break;
      default:
        throw new ModuleError('invalid', `constant expression required, found ${opcode.name}`, at);
    }
  }
}
