/**
 * The opcodes the compiler knows (core specification §5.4), one row each: code, name, immediates and, where the operands do
 * not depend on context, the signature. Codes behind prefix 0xfc are 0xfc00 + the second number.
 */
import type { NumberType } from './module.ts';
import { simdOpcodes } from './simd-opcodes.ts';

export type ImmediateKind =
  | 'none'
  | 'block'
  | 'label'
  | 'labels'
  | 'function'
  | 'indirect'
  | 'local'
  | 'global'
  | 'table'
  | 'table_table'
  | 'memory'
  | 'memory_memory'
  | 'access'
  | 'access_lane'
  | 'i32'
  | 'i64'
  | 'f32'
  | 'f64'
  | 'v128'
  | 'shuffle'
  | 'lane'
  | 'types'
  | 'reference'
  | 'data'
  | 'data_memory'
  | 'element'
  | 'element_table';

export interface Opcode {
  readonly code: number;
  readonly name: string;
  readonly immediates: ImmediateKind;
  readonly signature: { readonly inputs: readonly NumberType[]; readonly outputs: readonly NumberType[] } | undefined;
}

export type OpcodeRow = (code: number, name: string, immediates?: ImmediateKind, signature?: string) => Opcode;

const row: OpcodeRow = (code, name, immediates = 'none', signature) => {
  if (signature === undefined) return { code, name, immediates, signature };
  const [inputs = '', outputs = ''] = signature.split('->');
  const types = (text: string) => text.split(' ').filter((word) => word !== '') as NumberType[];
  return { code, name, immediates, signature: { inputs: types(inputs), outputs: types(outputs) } };
};

export const opcodes: readonly Opcode[] = [
  row(0x00, 'unreachable'),
  row(0x01, 'nop'),
  row(0x02, 'block', 'block'),
  row(0x03, 'loop', 'block'),
  row(0x04, 'if', 'block'),
  row(0x05, 'else'),
  row(0x0b, 'end'),
  row(0x0c, 'br', 'label'),
  row(0x0d, 'br_if', 'label'),
  row(0x0e, 'br_table', 'labels'),
  row(0x0f, 'return'),
  row(0x10, 'call', 'function'),
  row(0x11, 'call_indirect', 'indirect'),
  row(0x12, 'return_call', 'function'),
  row(0x13, 'return_call_indirect', 'indirect'),
  row(0x1a, 'drop'),
  row(0x1b, 'select'),
  row(0x1c, 'select_typed', 'types'),
  row(0x20, 'local.get', 'local'),
  row(0x21, 'local.set', 'local'),
  row(0x22, 'local.tee', 'local'),
  row(0x23, 'global.get', 'global'),
  row(0x24, 'global.set', 'global'),
  row(0x25, 'table.get', 'table'),
  row(0x26, 'table.set', 'table'),
  row(0x28, 'i32.load', 'access', 'i32 -> i32'),
  row(0x29, 'i64.load', 'access', 'i32 -> i64'),
  row(0x2a, 'f32.load', 'access', 'i32 -> f32'),
  row(0x2b, 'f64.load', 'access', 'i32 -> f64'),
  row(0x2c, 'i32.load8_s', 'access', 'i32 -> i32'),
  row(0x2d, 'i32.load8_u', 'access', 'i32 -> i32'),
  row(0x2e, 'i32.load16_s', 'access', 'i32 -> i32'),
  row(0x2f, 'i32.load16_u', 'access', 'i32 -> i32'),
  row(0x30, 'i64.load8_s', 'access', 'i32 -> i64'),
  row(0x31, 'i64.load8_u', 'access', 'i32 -> i64'),
  row(0x32, 'i64.load16_s', 'access', 'i32 -> i64'),
  row(0x33, 'i64.load16_u', 'access', 'i32 -> i64'),
  row(0x34, 'i64.load32_s', 'access', 'i32 -> i64'),
  row(0x35, 'i64.load32_u', 'access', 'i32 -> i64'),
  row(0x36, 'i32.store', 'access', 'i32 i32 ->'),
  row(0x37, 'i64.store', 'access', 'i32 i64 ->'),
  row(0x38, 'f32.store', 'access', 'i32 f32 ->'),
  row(0x39, 'f64.store', 'access', 'i32 f64 ->'),
  row(0x3a, 'i32.store8', 'access', 'i32 i32 ->'),
  row(0x3b, 'i32.store16', 'access', 'i32 i32 ->'),
  row(0x3c, 'i64.store8', 'access', 'i32 i64 ->'),
  row(0x3d, 'i64.store16', 'access', 'i32 i64 ->'),
  row(0x3e, 'i64.store32', 'access', 'i32 i64 ->'),
  row(0x3f, 'memory.size', 'memory'),
  row(0x40, 'memory.grow', 'memory'),
  row(0x41, 'i32.const', 'i32'),
  row(0x42, 'i64.const', 'i64'),
  row(0x43, 'f32.const', 'f32'),
  row(0x44, 'f64.const', 'f64'),
  row(0x45, 'i32.eqz', 'none', 'i32 -> i32'),
  row(0x46, 'i32.eq', 'none', 'i32 i32 -> i32'),
  row(0x47, 'i32.ne', 'none', 'i32 i32 -> i32'),
  row(0x48, 'i32.lt_s', 'none', 'i32 i32 -> i32'),
  row(0x49, 'i32.lt_u', 'none', 'i32 i32 -> i32'),
  row(0x4a, 'i32.gt_s', 'none', 'i32 i32 -> i32'),
  row(0x4b, 'i32.gt_u', 'none', 'i32 i32 -> i32'),
  row(0x4c, 'i32.le_s', 'none', 'i32 i32 -> i32'),
  row(0x4d, 'i32.le_u', 'none', 'i32 i32 -> i32'),
  row(0x4e, 'i32.ge_s', 'none', 'i32 i32 -> i32'),
  row(0x4f, 'i32.ge_u', 'none', 'i32 i32 -> i32'),
  row(0x50, 'i64.eqz', 'none', 'i64 -> i32'),
  row(0x51, 'i64.eq', 'none', 'i64 i64 -> i32'),
  row(0x52, 'i64.ne', 'none', 'i64 i64 -> i32'),
  row(0x53, 'i64.lt_s', 'none', 'i64 i64 -> i32'),
  row(0x54, 'i64.lt_u', 'none', 'i64 i64 -> i32'),
  row(0x55, 'i64.gt_s', 'none', 'i64 i64 -> i32'),
  row(0x56, 'i64.gt_u', 'none', 'i64 i64 -> i32'),
  row(0x57, 'i64.le_s', 'none', 'i64 i64 -> i32'),
  row(0x58, 'i64.le_u', 'none', 'i64 i64 -> i32'),
  row(0x59, 'i64.ge_s', 'none', 'i64 i64 -> i32'),
  row(0x5a, 'i64.ge_u', 'none', 'i64 i64 -> i32'),
  row(0x5b, 'f32.eq', 'none', 'f32 f32 -> i32'),
  row(0x5c, 'f32.ne', 'none', 'f32 f32 -> i32'),
  row(0x5d, 'f32.lt', 'none', 'f32 f32 -> i32'),
  row(0x5e, 'f32.gt', 'none', 'f32 f32 -> i32'),
  row(0x5f, 'f32.le', 'none', 'f32 f32 -> i32'),
  row(0x60, 'f32.ge', 'none', 'f32 f32 -> i32'),
  row(0x61, 'f64.eq', 'none', 'f64 f64 -> i32'),
  row(0x62, 'f64.ne', 'none', 'f64 f64 -> i32'),
  row(0x63, 'f64.lt', 'none', 'f64 f64 -> i32'),
  row(0x64, 'f64.gt', 'none', 'f64 f64 -> i32'),
  row(0x65, 'f64.le', 'none', 'f64 f64 -> i32'),
  row(0x66, 'f64.ge', 'none', 'f64 f64 -> i32'),
  row(0x67, 'i32.clz', 'none', 'i32 -> i32'),
  row(0x68, 'i32.ctz', 'none', 'i32 -> i32'),
  row(0x69, 'i32.popcnt', 'none', 'i32 -> i32'),
  row(0x6a, 'i32.add', 'none', 'i32 i32 -> i32'),
  row(0x6b, 'i32.sub', 'none', 'i32 i32 -> i32'),
  row(0x6c, 'i32.mul', 'none', 'i32 i32 -> i32'),
  row(0x6d, 'i32.div_s', 'none', 'i32 i32 -> i32'),
  row(0x6e, 'i32.div_u', 'none', 'i32 i32 -> i32'),
  row(0x6f, 'i32.rem_s', 'none', 'i32 i32 -> i32'),
  row(0x70, 'i32.rem_u', 'none', 'i32 i32 -> i32'),
  row(0x71, 'i32.and', 'none', 'i32 i32 -> i32'),
  row(0x72, 'i32.or', 'none', 'i32 i32 -> i32'),
  row(0x73, 'i32.xor', 'none', 'i32 i32 -> i32'),
  row(0x74, 'i32.shl', 'none', 'i32 i32 -> i32'),
  row(0x75, 'i32.shr_s', 'none', 'i32 i32 -> i32'),
  row(0x76, 'i32.shr_u', 'none', 'i32 i32 -> i32'),
  row(0x77, 'i32.rotl', 'none', 'i32 i32 -> i32'),
  row(0x78, 'i32.rotr', 'none', 'i32 i32 -> i32'),
  row(0x79, 'i64.clz', 'none', 'i64 -> i64'),
  row(0x7a, 'i64.ctz', 'none', 'i64 -> i64'),
  row(0x7b, 'i64.popcnt', 'none', 'i64 -> i64'),
  row(0x7c, 'i64.add', 'none', 'i64 i64 -> i64'),
  row(0x7d, 'i64.sub', 'none', 'i64 i64 -> i64'),
  row(0x7e, 'i64.mul', 'none', 'i64 i64 -> i64'),
  row(0x7f, 'i64.div_s', 'none', 'i64 i64 -> i64'),
  row(0x80, 'i64.div_u', 'none', 'i64 i64 -> i64'),
  row(0x81, 'i64.rem_s', 'none', 'i64 i64 -> i64'),
  row(0x82, 'i64.rem_u', 'none', 'i64 i64 -> i64'),
  row(0x83, 'i64.and', 'none', 'i64 i64 -> i64'),
  row(0x84, 'i64.or', 'none', 'i64 i64 -> i64'),
  row(0x85, 'i64.xor', 'none', 'i64 i64 -> i64'),
  row(0x86, 'i64.shl', 'none', 'i64 i64 -> i64'),
  row(0x87, 'i64.shr_s', 'none', 'i64 i64 -> i64'),
  row(0x88, 'i64.shr_u', 'none', 'i64 i64 -> i64'),
  row(0x89, 'i64.rotl', 'none', 'i64 i64 -> i64'),
  row(0x8a, 'i64.rotr', 'none', 'i64 i64 -> i64'),
  row(0x8b, 'f32.abs', 'none', 'f32 -> f32'),
  row(0x8c, 'f32.neg', 'none', 'f32 -> f32'),
  row(0x8d, 'f32.ceil', 'none', 'f32 -> f32'),
  row(0x8e, 'f32.floor', 'none', 'f32 -> f32'),
  row(0x8f, 'f32.trunc', 'none', 'f32 -> f32'),
  row(0x90, 'f32.nearest', 'none', 'f32 -> f32'),
  row(0x91, 'f32.sqrt', 'none', 'f32 -> f32'),
  row(0x92, 'f32.add', 'none', 'f32 f32 -> f32'),
  row(0x93, 'f32.sub', 'none', 'f32 f32 -> f32'),
  row(0x94, 'f32.mul', 'none', 'f32 f32 -> f32'),
  row(0x95, 'f32.div', 'none', 'f32 f32 -> f32'),
  row(0x96, 'f32.min', 'none', 'f32 f32 -> f32'),
  row(0x97, 'f32.max', 'none', 'f32 f32 -> f32'),
  row(0x98, 'f32.copysign', 'none', 'f32 f32 -> f32'),
  row(0x99, 'f64.abs', 'none', 'f64 -> f64'),
  row(0x9a, 'f64.neg', 'none', 'f64 -> f64'),
  row(0x9b, 'f64.ceil', 'none', 'f64 -> f64'),
  row(0x9c, 'f64.floor', 'none', 'f64 -> f64'),
  row(0x9d, 'f64.trunc', 'none', 'f64 -> f64'),
  row(0x9e, 'f64.nearest', 'none', 'f64 -> f64'),
  row(0x9f, 'f64.sqrt', 'none', 'f64 -> f64'),
  row(0xa0, 'f64.add', 'none', 'f64 f64 -> f64'),
  row(0xa1, 'f64.sub', 'none', 'f64 f64 -> f64'),
  row(0xa2, 'f64.mul', 'none', 'f64 f64 -> f64'),
  row(0xa3, 'f64.div', 'none', 'f64 f64 -> f64'),
  row(0xa4, 'f64.min', 'none', 'f64 f64 -> f64'),
  row(0xa5, 'f64.max', 'none', 'f64 f64 -> f64'),
  row(0xa6, 'f64.copysign', 'none', 'f64 f64 -> f64'),
  row(0xa7, 'i32.wrap_i64', 'none', 'i64 -> i32'),
  row(0xa8, 'i32.trunc_f32_s', 'none', 'f32 -> i32'),
  row(0xa9, 'i32.trunc_f32_u', 'none', 'f32 -> i32'),
  row(0xaa, 'i32.trunc_f64_s', 'none', 'f64 -> i32'),
  row(0xab, 'i32.trunc_f64_u', 'none', 'f64 -> i32'),
  row(0xac, 'i64.extend_i32_s', 'none', 'i32 -> i64'),
  row(0xad, 'i64.extend_i32_u', 'none', 'i32 -> i64'),
  row(0xae, 'i64.trunc_f32_s', 'none', 'f32 -> i64'),
  row(0xaf, 'i64.trunc_f32_u', 'none', 'f32 -> i64'),
  row(0xb0, 'i64.trunc_f64_s', 'none', 'f64 -> i64'),
  row(0xb1, 'i64.trunc_f64_u', 'none', 'f64 -> i64'),
  row(0xb2, 'f32.convert_i32_s', 'none', 'i32 -> f32'),
  row(0xb3, 'f32.convert_i32_u', 'none', 'i32 -> f32'),
  row(0xb4, 'f32.convert_i64_s', 'none', 'i64 -> f32'),
  row(0xb5, 'f32.convert_i64_u', 'none', 'i64 -> f32'),
  row(0xb6, 'f32.demote_f64', 'none', 'f64 -> f32'),
  row(0xb7, 'f64.convert_i32_s', 'none', 'i32 -> f64'),
  row(0xb8, 'f64.convert_i32_u', 'none', 'i32 -> f64'),
  row(0xb9, 'f64.convert_i64_s', 'none', 'i64 -> f64'),
  row(0xba, 'f64.convert_i64_u', 'none', 'i64 -> f64'),
  row(0xbb, 'f64.promote_f32', 'none', 'f32 -> f64'),
  row(0xbc, 'i32.reinterpret_f32', 'none', 'f32 -> i32'),
  row(0xbd, 'i64.reinterpret_f64', 'none', 'f64 -> i64'),
  row(0xbe, 'f32.reinterpret_i32', 'none', 'i32 -> f32'),
  row(0xbf, 'f64.reinterpret_i64', 'none', 'i64 -> f64'),
  row(0xc0, 'i32.extend8_s', 'none', 'i32 -> i32'),
  row(0xc1, 'i32.extend16_s', 'none', 'i32 -> i32'),
  row(0xc2, 'i64.extend8_s', 'none', 'i64 -> i64'),
  row(0xc3, 'i64.extend16_s', 'none', 'i64 -> i64'),
  row(0xc4, 'i64.extend32_s', 'none', 'i64 -> i64'),
  row(0xd0, 'ref.null', 'reference'),
  row(0xd1, 'ref.is_null'),
  row(0xd2, 'ref.func', 'function'),
  row(0xfc00, 'i32.trunc_sat_f32_s', 'none', 'f32 -> i32'),
  row(0xfc01, 'i32.trunc_sat_f32_u', 'none', 'f32 -> i32'),
  row(0xfc02, 'i32.trunc_sat_f64_s', 'none', 'f64 -> i32'),
  row(0xfc03, 'i32.trunc_sat_f64_u', 'none', 'f64 -> i32'),
  row(0xfc04, 'i64.trunc_sat_f32_s', 'none', 'f32 -> i64'),
  row(0xfc05, 'i64.trunc_sat_f32_u', 'none', 'f32 -> i64'),
  row(0xfc06, 'i64.trunc_sat_f64_s', 'none', 'f64 -> i64'),
  row(0xfc07, 'i64.trunc_sat_f64_u', 'none', 'f64 -> i64'),
  row(0xfc08, 'memory.init', 'data_memory'),
  row(0xfc09, 'data.drop', 'data'),
  row(0xfc0a, 'memory.copy', 'memory_memory'),
  row(0xfc0b, 'memory.fill', 'memory'),
  row(0xfc0c, 'table.init', 'element_table'),
  row(0xfc0d, 'elem.drop', 'element'),
  row(0xfc0e, 'table.copy', 'table_table'),
  row(0xfc0f, 'table.grow', 'table'),
  row(0xfc10, 'table.size', 'table'),
  row(0xfc11, 'table.fill', 'table'),
  ...simdOpcodes(row),
];

const byCode = new Map(opcodes.map((opcode) => [opcode.code, opcode]));

export const opcodeOf = (code: number): Opcode | undefined => byCode.get(code);

/** Proposals whose opcodes are recognised only to say what is missing. */
export const unsupportedFeature = (code: number): string | undefined => {
  const prefix = code > 0xff ? code >>> 8 : code;
  if (prefix === 0xfe) return 'threads (atomic instructions)';
  if (prefix === 0xfb) return 'garbage collection';
  if (code >= 0x06 && code <= 0x0a) return 'exception handling';
  if (code === 0x18 || code === 0x19 || code === 0x1f) return 'exception handling';
  if (code >= 0xd3 && code <= 0xd6) return 'typed function references';
  if (code === 0x14 || code === 0x15) return 'typed function references';
  if (code >= 0xfc13 && code <= 0xfc16) return 'wide arithmetic';
  return undefined;
};
