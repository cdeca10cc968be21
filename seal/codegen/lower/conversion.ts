/** Conversions between integers and floats (core specification §4.3.2). */
import type { Label, Width } from '../assembler.ts';
import { constraints } from '../constraints.ts';
import type { Emission } from '../emission.ts';
import { floatScratch, scratch } from '../registers.ts';
import type { NumericRule } from './rule.ts';

type FloatType = 'f32' | 'f64';
type IntegerType = 'i32' | 'i64';

const suffixOf = (type: FloatType) => (type === 'f32' ? 'ss' : 'sd');
const widthOf = (type: IntegerType): Width => (type === 'i64' ? 64 : 32);

const bitsView = new DataView(new ArrayBuffer(8));

/** Bit pattern of a number that the type represents exactly. */
function floatBits(type: FloatType, value: number): bigint {
  if (type === 'f32') {
    bitsView.setFloat32(0, value);
    return BigInt(bitsView.getUint32(0));
  }
  bitsView.setFloat64(0, value);
  return bitsView.getBigUint64(0);
}

/**
 * The open interval of floats whose truncation fits. The lowest i32 minus one is a double but no float, and neither is
 * the lowest i64 minus one: there the bound itself is the lowest number, and belongs to the range.
 */
interface Range {
  readonly low: number;
  readonly lowIncluded: boolean;
  readonly high: number;
}

function rangeOf(to: IntegerType, from: FloatType, isSigned: boolean): Range {
  const bits = to === 'i32' ? 32 : 64;
  if (!isSigned) return { low: -1, lowIncluded: false, high: 2 ** bits };
  if (to === 'i32' && from === 'f64') return { low: -(2 ** 31) - 1, lowIncluded: false, high: 2 ** 31 };
  return { low: -(2 ** (bits - 1)), lowIncluded: true, high: 2 ** (bits - 1) };
}

/** result ← the truncation of `source`, which is known to be in range. */
function emitTruncate(
  emission: Emission,
  result: number,
  source: number,
  to: IntegerType,
  from: FloatType,
  isSigned: boolean,
): void {
  const { assembler } = emission;
  const convert = `cvtt${suffixOf(from)}2si` as const;
  if (isSigned) {
    assembler.op(convert, widthOf(to), result, source);
    return;
  }
  if (to === 'i32') {
    assembler.op(convert, 64, result, source);
    assembler.op('mov', 32, result, result);
    return;
  }
  // From 2^63 on: subtract it, convert, and put the top bit back.
  const limit = { label: emission.program.literals.float(from, floatBits(from, 2 ** 63)) };
  assembler.op(`ucomi${suffixOf(from)}`, 32, source, limit);
  const large = assembler.skipIf('ae');
  assembler.op(convert, 64, result, source);
  const done = assembler.skip();
  assembler.bind(large);
  assembler.op('movaps', 32, floatScratch, source);
  assembler.op(`sub${suffixOf(from)}`, 32, floatScratch, limit);
  assembler.op(convert, 64, result, floatScratch);
  assembler.moveConstant(scratch, 0x8000_0000_0000_0000n);
  assembler.op('xor', 64, result, scratch);
  assembler.bind(done);
}

function truncate(to: IntegerType, from: FloatType, isSigned: boolean): NumericRule {
  const range = rangeOf(to, from, isSigned);
  return {
    constraints: constraints({ uses: ['register'] }),
    emit(emission, result, a) {
      const { assembler } = emission;
      const source = emission.register(a);
      const compare = `ucomi${suffixOf(from)}` as const;
      const bound = (value: number) => ({ label: emission.program.literals.float(from, floatBits(from, value)) });
      const overflow: Label = emission.trap('integerOverflow');
      assembler.op(compare, 32, source, source);
      assembler.jumpIf('p', emission.trap('invalidConversion'));
      assembler.op(compare, 32, source, bound(range.low));
      assembler.jumpIf(range.lowIncluded ? 'b' : 'be', overflow);
      assembler.op(compare, 32, source, bound(range.high));
      assembler.jumpIf('ae', overflow);
      emitTruncate(emission, emission.register(result), source, to, from, isSigned);
    },
  };
}

/** NaN gives 0, everything out of range the nearest integer. */
function truncateSaturating(to: IntegerType, from: FloatType, isSigned: boolean): NumericRule {
  const range = rangeOf(to, from, isSigned);
  const bits = to === 'i32' ? 32n : 64n;
  const lowest = isSigned ? 1n << (bits - 1n) : 0n;
  const highest = isSigned ? (1n << (bits - 1n)) - 1n : (1n << bits) - 1n;
  return {
    constraints: constraints({ uses: ['register'] }),
    emit(emission, result, a) {
      const { assembler } = emission;
      const source = emission.register(a);
      const target = emission.register(result);
      const compare = `ucomi${suffixOf(from)}` as const;
      const bound = (value: number) => ({ label: emission.program.literals.float(from, floatBits(from, value)) });
      const done = assembler.newLabel();
      assembler.moveConstant(target, 0n);
      assembler.op(compare, 32, source, source);
      assembler.jumpIf('p', done);
      assembler.moveConstant(target, lowest);
      assembler.op(compare, 32, source, bound(range.low));
      assembler.jumpIf(range.lowIncluded ? 'b' : 'be', done);
      assembler.moveConstant(target, highest);
      assembler.op(compare, 32, source, bound(range.high));
      assembler.jumpIf('ae', done);
      emitTruncate(emission, target, source, to, from, isSigned);
      assembler.bind(done);
    },
  };
}

function convert(to: FloatType, from: IntegerType, isSigned: boolean): NumericRule {
  const suffix = suffixOf(to);
  return {
    constraints: constraints({ uses: ['register'] }),
    emit(emission, result, a) {
      const { assembler } = emission;
      const source = emission.register(a);
      const target = emission.register(result);
      const mnemonic = `cvtsi2${suffix}` as const;
      // cvtsi2sd keeps the rest of its target: cleared, so as not to wait for whoever wrote it last.
      assembler.op('xorps', 32, target, target);
      if (isSigned || from === 'i32') {
        assembler.op(mnemonic, isSigned ? widthOf(from) : 64, target, source);
        return;
      }
      assembler.op('test', 64, source, source);
      const large = assembler.skipIf('s');
      assembler.op(mnemonic, 64, target, source);
      const done = assembler.skip();
      assembler.bind(large);
      // Half of it, with the lost bit kept sticky so that rounding stays right, then doubled.
      assembler.op('mov', 64, scratch, source);
      assembler.shiftImmediate('shr', 64, scratch, 1);
      const even = evenSkip(emission, source);
      assembler.immediate('or', 64, scratch, 1);
      assembler.bind(even);
      assembler.op(mnemonic, 64, target, scratch);
      assembler.op(`add${suffix}`, 32, target, target);
      assembler.bind(done);
    },
  };
}

function evenSkip(emission: Emission, source: number): Label {
  emission.assembler.testImmediate(32, source, 1);
  return emission.assembler.skipIf('e');
}

const floatToFloat = (mnemonic: 'cvtsd2ss' | 'cvtss2sd', from: FloatType): NumericRule => ({
  constraints: constraints({ uses: ['register'] }),
  emit(emission, result, a) {
    const target = emission.register(result);
    const source = emission.register(a);
    if (target !== source) emission.assembler.op('xorps', 32, target, target);
    emission.assembler.op(mnemonic, 32, target, emission.operand(a, from));
  },
});

/** The same bits in the other kind of register. */
const reinterpret = (type: 'i32' | 'i64' | 'f32' | 'f64'): NumericRule => ({
  constraints: constraints({ uses: ['register'] }),
  emit: (emission, result, a) => emission.move(result, a, type),
});

const integerTypes = ['i32', 'i64'] as const;
const floatTypes = ['f32', 'f64'] as const;

const rows: [string, NumericRule][] = [
  ['f32.demote_f64', floatToFloat('cvtsd2ss', 'f64')],
  ['f64.promote_f32', floatToFloat('cvtss2sd', 'f32')],
  ['i32.reinterpret_f32', reinterpret('f32')],
  ['i64.reinterpret_f64', reinterpret('f64')],
  ['f32.reinterpret_i32', reinterpret('i32')],
  ['f64.reinterpret_i64', reinterpret('i64')],
];
for (const integer of integerTypes) {
  for (const float of floatTypes) {
    for (const [suffix, isSigned] of [
      ['s', true],
      ['u', false],
    ] as const) {
      rows.push([`${integer}.trunc_${float}_${suffix}`, truncate(integer, float, isSigned)]);
      rows.push([`${integer}.trunc_sat_${float}_${suffix}`, truncateSaturating(integer, float, isSigned)]);
      rows.push([`${float}.convert_${integer}_${suffix}`, convert(float, integer, isSigned)]);
    }
  }
}

export const conversionRules: ReadonlyMap<string, NumericRule> = new Map(rows);
