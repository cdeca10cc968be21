/**
 * Fixed-width SIMD (WebAssembly 2.0 core specification §5.4.8, prefix 0xfd): the 236 instructions in runs of consecutive
 * codes. Lane indices of loads and stores come behind the memory argument.
 */
import type { ImmediateKind, Opcode, OpcodeRow } from './opcodes.ts';

const prefix = 0xfd00;
const unary = 'v128 -> v128';
const binary = 'v128 v128 -> v128';
const shift = 'v128 i32 -> v128';
const toFlag = 'v128 -> i32';
const integerComparisons = 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u';
const floatComparisons = 'eq ne lt gt le ge';

interface Run {
  readonly code: number;
  /** Put before each operator: `i8x16.`. */
  readonly shape: string;
  /** Operators of consecutive codes. */
  readonly operators: string;
  readonly signature: string;
  readonly immediates?: ImmediateKind;
}

const run = (code: number, shape: string, operators: string, signature: string, immediates?: ImmediateKind): Run =>
  immediates === undefined ? { code, shape, operators, signature } : { code, shape, operators, signature, immediates };

const runs: readonly Run[] = [
  run(
    0x00,
    'v128',
    'load load8x8_s load8x8_u load16x4_s load16x4_u load32x2_s load32x2_u load8_splat load16_splat load32_splat load64_splat',
    'i32 -> v128',
    'access',
  ),
  run(0x0b, 'v128', 'store', 'i32 v128 ->', 'access'),
  run(0x0c, 'v128', 'const', '-> v128', 'v128'),
  run(0x0d, 'i8x16', 'shuffle', binary, 'shuffle'),
  run(0x0e, 'i8x16', 'swizzle', binary),
  run(0x0f, 'i8x16', 'splat', 'i32 -> v128'),
  run(0x10, 'i16x8', 'splat', 'i32 -> v128'),
  run(0x11, 'i32x4', 'splat', 'i32 -> v128'),
  run(0x12, 'i64x2', 'splat', 'i64 -> v128'),
  run(0x13, 'f32x4', 'splat', 'f32 -> v128'),
  run(0x14, 'f64x2', 'splat', 'f64 -> v128'),
  run(0x15, 'i8x16', 'extract_lane_s extract_lane_u', 'v128 -> i32', 'lane'),
  run(0x17, 'i8x16', 'replace_lane', 'v128 i32 -> v128', 'lane'),
  run(0x18, 'i16x8', 'extract_lane_s extract_lane_u', 'v128 -> i32', 'lane'),
  run(0x1a, 'i16x8', 'replace_lane', 'v128 i32 -> v128', 'lane'),
  run(0x1b, 'i32x4', 'extract_lane', 'v128 -> i32', 'lane'),
  run(0x1c, 'i32x4', 'replace_lane', 'v128 i32 -> v128', 'lane'),
  run(0x1d, 'i64x2', 'extract_lane', 'v128 -> i64', 'lane'),
  run(0x1e, 'i64x2', 'replace_lane', 'v128 i64 -> v128', 'lane'),
  run(0x1f, 'f32x4', 'extract_lane', 'v128 -> f32', 'lane'),
  run(0x20, 'f32x4', 'replace_lane', 'v128 f32 -> v128', 'lane'),
  run(0x21, 'f64x2', 'extract_lane', 'v128 -> f64', 'lane'),
  run(0x22, 'f64x2', 'replace_lane', 'v128 f64 -> v128', 'lane'),
  run(0x23, 'i8x16', integerComparisons, binary),
  run(0x2d, 'i16x8', integerComparisons, binary),
  run(0x37, 'i32x4', integerComparisons, binary),
  run(0x41, 'f32x4', floatComparisons, binary),
  run(0x47, 'f64x2', floatComparisons, binary),
  run(0x4d, 'v128', 'not', unary),
  run(0x4e, 'v128', 'and andnot or xor', binary),
  run(0x52, 'v128', 'bitselect', 'v128 v128 v128 -> v128'),
  run(0x53, 'v128', 'any_true', toFlag),
  run(0x54, 'v128', 'load8_lane load16_lane load32_lane load64_lane', 'i32 v128 -> v128', 'access_lane'),
  run(0x58, 'v128', 'store8_lane store16_lane store32_lane store64_lane', 'i32 v128 ->', 'access_lane'),
  run(0x5c, 'v128', 'load32_zero load64_zero', 'i32 -> v128', 'access'),
  run(0x5e, 'f32x4', 'demote_f64x2_zero', unary),
  run(0x5f, 'f64x2', 'promote_low_f32x4', unary),
  run(0x60, 'i8x16', 'abs neg popcnt', unary),
  run(0x63, 'i8x16', 'all_true bitmask', toFlag),
  run(0x65, 'i8x16', 'narrow_i16x8_s narrow_i16x8_u', binary),
  run(0x67, 'f32x4', 'ceil floor trunc nearest', unary),
  run(0x6b, 'i8x16', 'shl shr_s shr_u', shift),
  run(0x6e, 'i8x16', 'add add_sat_s add_sat_u sub sub_sat_s sub_sat_u', binary),
  run(0x74, 'f64x2', 'ceil floor', unary),
  run(0x76, 'i8x16', 'min_s min_u max_s max_u', binary),
  run(0x7a, 'f64x2', 'trunc', unary),
  run(0x7b, 'i8x16', 'avgr_u', binary),
  run(0x7c, 'i16x8', 'extadd_pairwise_i8x16_s extadd_pairwise_i8x16_u', unary),
  run(0x7e, 'i32x4', 'extadd_pairwise_i16x8_s extadd_pairwise_i16x8_u', unary),
  run(0x80, 'i16x8', 'abs neg', unary),
  run(0x82, 'i16x8', 'q15mulr_sat_s', binary),
  run(0x83, 'i16x8', 'all_true bitmask', toFlag),
  run(0x85, 'i16x8', 'narrow_i32x4_s narrow_i32x4_u', binary),
  run(0x87, 'i16x8', 'extend_low_i8x16_s extend_high_i8x16_s extend_low_i8x16_u extend_high_i8x16_u', unary),
  run(0x8b, 'i16x8', 'shl shr_s shr_u', shift),
  run(0x8e, 'i16x8', 'add add_sat_s add_sat_u sub sub_sat_s sub_sat_u', binary),
  run(0x94, 'f64x2', 'nearest', unary),
  run(0x95, 'i16x8', 'mul min_s min_u max_s max_u', binary),
  run(0x9b, 'i16x8', 'avgr_u', binary),
  run(0x9c, 'i16x8', 'extmul_low_i8x16_s extmul_high_i8x16_s extmul_low_i8x16_u extmul_high_i8x16_u', binary),
  run(0xa0, 'i32x4', 'abs neg', unary),
  run(0xa3, 'i32x4', 'all_true bitmask', toFlag),
  run(0xa7, 'i32x4', 'extend_low_i16x8_s extend_high_i16x8_s extend_low_i16x8_u extend_high_i16x8_u', unary),
  run(0xab, 'i32x4', 'shl shr_s shr_u', shift),
  run(0xae, 'i32x4', 'add', binary),
  run(0xb1, 'i32x4', 'sub', binary),
  run(0xb5, 'i32x4', 'mul min_s min_u max_s max_u dot_i16x8_s', binary),
  run(0xbc, 'i32x4', 'extmul_low_i16x8_s extmul_high_i16x8_s extmul_low_i16x8_u extmul_high_i16x8_u', binary),
  run(0xc0, 'i64x2', 'abs neg', unary),
  run(0xc3, 'i64x2', 'all_true bitmask', toFlag),
  run(0xc7, 'i64x2', 'extend_low_i32x4_s extend_high_i32x4_s extend_low_i32x4_u extend_high_i32x4_u', unary),
  run(0xcb, 'i64x2', 'shl shr_s shr_u', shift),
  run(0xce, 'i64x2', 'add', binary),
  run(0xd1, 'i64x2', 'sub', binary),
  run(0xd5, 'i64x2', 'mul eq ne lt_s gt_s le_s ge_s', binary),
  run(0xdc, 'i64x2', 'extmul_low_i32x4_s extmul_high_i32x4_s extmul_low_i32x4_u extmul_high_i32x4_u', binary),
  run(0xe0, 'f32x4', 'abs neg', unary),
  run(0xe3, 'f32x4', 'sqrt', unary),
  run(0xe4, 'f32x4', 'add sub mul div min max pmin pmax', binary),
  run(0xec, 'f64x2', 'abs neg', unary),
  run(0xef, 'f64x2', 'sqrt', unary),
  run(0xf0, 'f64x2', 'add sub mul div min max pmin pmax', binary),
  run(0xf8, 'i32x4', 'trunc_sat_f32x4_s trunc_sat_f32x4_u', unary),
  run(0xfa, 'f32x4', 'convert_i32x4_s convert_i32x4_u', unary),
  run(0xfc, 'i32x4', 'trunc_sat_f64x2_s_zero trunc_sat_f64x2_u_zero', unary),
  run(0xfe, 'f64x2', 'convert_low_i32x4_s convert_low_i32x4_u', unary),
];

export const simdOpcodes = (row: OpcodeRow): readonly Opcode[] =>
  runs.flatMap(({ code, shape, operators, signature, immediates }) =>
    operators
      .split(' ')
      .map((operator, index) => row(prefix + code + index, `${shape}.${operator}`, immediates ?? 'none', signature)),
  );
