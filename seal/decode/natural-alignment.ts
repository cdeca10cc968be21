import type { Opcode } from './opcodes.ts';

const typeBytes: Readonly<Record<string, number>> = { i32: 4, i64: 8, f32: 4, f64: 8, v128: 16 };

/** Bytes an access touches, which its alignment must not exceed: in the name (`load8_s`, `load16x4_u`) or those of the type. */
export function accessBytes(name: string): number {
  const [type = '', operation = ''] = name.split('.');
  const [, bits, lanes = '1'] = /^(?:load|store)(\d+)(?:x(\d+))?/.exec(operation) ?? [];
  return bits === undefined ? (typeBytes[type] ?? 1) : (Number(bits) / 8) * Number(lanes);
}

const known = new Map<Opcode, number>();

/** Largest allowed exponent of 2 in the alignment of a memory access (core specification §3.3.7). */
export function naturalAlignment(opcode: Opcode): number {
  let exponent = known.get(opcode);
  if (exponent === undefined) {
    exponent = Math.log2(accessBytes(opcode.name));
    known.set(opcode, exponent);
  }
  return exponent;
}
