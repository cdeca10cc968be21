/** Integer arithmetic, one row per operator and width. */
import type { Label, Width } from '../assembler.ts';
import { constraints } from '../constraints.ts';
import type { Emission } from '../emission.ts';
import type { Group1, Group2, Mnemonic } from '../encodings.ts';
import { type Location, registerLocation } from '../locations.ts';
import { rax, rcx, rdx, scratch } from '../registers.ts';
import type { NumericRule } from './rule.ts';

type IntegerType = 'i32' | 'i64';
const widthOf = (type: IntegerType): Width => (type === 'i64' ? 64 : 32);

const inPlace = constraints({ uses: ['any', 'any'], resultHint: 'first-input' });
const inPlaceOrdered = constraints({ uses: ['any', 'late-any'], resultHint: 'first-input' });

function commutative(type: IntegerType, mnemonic: Mnemonic & Group1): NumericRule {
  const width = widthOf(type);
  return {
    constraints: inPlace,
    emit(emission, result, a, b) {
      const to = emission.register(result);
      const [left, right] = b.kind === 'register' && b.register === to ? [b, a] : [a, b];
      const immediate = emission.immediate(right, width);
      if (
        mnemonic === 'add' &&
        left.kind === 'register' &&
        left.register !== to &&
        (right.kind === 'register' || immediate !== undefined)
      ) {
        const index = right.kind === 'register' ? right.register : undefined;
        emission.assembler.op('lea', width, to, { base: left.register, index, displacement: immediate ?? 0 });
        return;
      }
      emission.load(to, left, type);
      if (immediate !== undefined) emission.assembler.immediate(mnemonic, width, to, immediate);
      else emission.assembler.op(mnemonic, width, to, emission.operand(right, type));
    },
  };
}

function subtract(type: IntegerType): NumericRule {
  const width = widthOf(type);
  return {
    constraints: inPlaceOrdered,
    emit(emission, result, a, b) {
      const to = emission.register(result);
      const immediate = emission.immediate(b, width);
      if (a.kind === 'constant' && a.bits === 0n) {
        emission.load(to, b, type);
        emission.assembler.unary('neg', width, to);
        return;
      }
      emission.load(to, a, type);
      if (immediate !== undefined) emission.assembler.immediate('sub', width, to, immediate);
      else emission.assembler.op('sub', width, to, emission.operand(b, type));
    },
  };
}

function multiply(type: IntegerType): NumericRule {
  const width = widthOf(type);
  return {
    constraints: inPlace,
    emit(emission, result, a, b) {
      const { assembler } = emission;
      const to = emission.register(result);
      const immediate = emission.immediate(b, width);
      if (immediate !== undefined && a.kind !== 'constant') {
        const shift = Math.log2(immediate);
        if (immediate > 0 && Number.isInteger(shift)) {
          emission.load(to, a, type);
          if (shift > 0) assembler.shiftImmediate('shl', width, to, shift);
        } else assembler.multiplyImmediate(width, to, emission.operand(a, type), immediate);
        return;
      }
      const [left, right] = b.kind === 'register' && b.register === to ? [b, a] : [a, b];
      emission.load(to, left, type);
      assembler.op('imul', width, to, emission.operand(right, type));
    },
  };
}

function shift(type: IntegerType, operation: Group2): NumericRule {
  const width = widthOf(type);
  return {
    constraints: constraints({
      uses: ['any', 'any'],
      avoids: [rcx],
      resultHint: 'first-input',
      inputHints: [undefined, rcx],
    }),
    emit(emission, result, a, b) {
      const to = emission.register(result);
      if (b.kind === 'constant') {
        emission.load(to, a, type);
        const count = Number(b.bits & BigInt(width - 1));
        if (count !== 0) emission.assembler.shiftImmediate(operation, width, to, count);
        return;
      }
      emission.moves([
        { to: result, from: a, type },
        { to: registerLocation(rcx), from: b, type },
      ]);
      emission.assembler.shiftByCl(operation, width, to);
    },
  };
}

/** idiv faults on the lowest number divided by -1: for the quotient that is the trap, for the remainder the result is 0. */
function divide(type: IntegerType, isSigned: boolean, wants: 'quotient' | 'remainder'): NumericRule {
  const width = widthOf(type);
  return {
    constraints: constraints({
      uses: ['any', 'late-register'],
      clobbers: [rax, rdx],
      resultHint: wants === 'quotient' ? rax : rdx,
      inputHints: [rax],
    }),
    emit(emission, result, a, b) {
      const { assembler } = emission;
      const divisor = emission.register(b);
      emission.load(rax, a, type);
      assembler.op('test', width, divisor, divisor);
      assembler.jumpIf('e', emission.trap('divideByZero'));
      if (!isSigned) {
        assembler.op('xor', 32, rdx, rdx);
        assembler.unary('div', width, divisor);
      } else {
        assembler.immediate('cmp', width, divisor, -1);
        const ordinary = assembler.skipIf('ne');
        let done: Label;
        if (wants === 'quotient') {
          // -x overflows exactly for the lowest number.
          assembler.unary('neg', width, rax);
          assembler.jumpIf('o', emission.trap('integerOverflow'));
          done = assembler.skip();
        } else {
          assembler.op('xor', 32, rdx, rdx);
          done = assembler.skip();
        }
        assembler.bind(ordinary);
        if (width === 64) assembler.byte(0x48);
        assembler.byte(0x99); // cdq, cqo
        assembler.unary('idiv', width, divisor);
        assembler.bind(done);
      }
      emission.move(result, registerLocation(wants === 'quotient' ? rax : rdx), type);
    },
  };
}

const scan = constraints({ uses: ['late-any'] });

/** bsr and bsf leave their target undefined for zero, so it is filled in beforehand through a conditional move. */
function countLeadingZeros(type: IntegerType): NumericRule {
  const width = widthOf(type);
  return {
    constraints: scan,
    emit(emission, result, a) {
      const { assembler } = emission;
      const to = emission.register(result);
      // width * 2 - 1, so that the exclusive or below gives width.
      assembler.op('bsr', width, to, emission.operand(a, type));
      assembler.moveConstant(scratch, BigInt(width * 2 - 1));
      assembler.moveIf('e', 32, to, scratch);
      assembler.immediate('xor', 32, to, width - 1);
    },
  };
}

function countTrailingZeros(type: IntegerType): NumericRule {
  const width = widthOf(type);
  return {
    constraints: scan,
    emit(emission, result, a) {
      const { assembler } = emission;
      const to = emission.register(result);
      assembler.op('bsf', width, to, emission.operand(a, type));
      assembler.moveConstant(scratch, BigInt(width));
      assembler.moveIf('e', 32, to, scratch);
    },
  };
}

function unary(width: Width, sourceType: IntegerType, mnemonic: Mnemonic): NumericRule {
  return {
    constraints: constraints({ uses: ['any'] }),
    emit(emission, result, a) {
      emission.assembler.op(mnemonic, width, emission.register(result), emission.operand(a, sourceType));
    },
  };
}

/** The low half; writing a 32-bit register clears the upper half, which every i32 in a register relies on. */
const wrap: NumericRule = {
  constraints: constraints({ uses: ['any'], resultHint: 'first-input' }),
  emit(emission, result, a) {
    const to = emission.register(result);
    if (a.kind === 'constant') emission.assembler.moveConstant(to, BigInt.asUintN(32, a.bits));
    else emission.assembler.op('mov', 32, to, emission.operand(a, 'i64'));
  },
};

/** Free when source and result share a register: the upper half of an i32 is always zero. */
const zeroExtend: NumericRule = {
  constraints: constraints({ uses: ['any'], resultHint: 'first-input' }),
  emit(emission: Emission, result: Location, a: Location) {
    emission.load(emission.register(result), a, 'i32');
  },
};

/** a + (b << shift); see `fuseShiftedAdditions`. */
function shiftedAddition(type: IntegerType, shiftCount: 1 | 2 | 3): NumericRule {
  const scale = ({ 1: 2, 2: 4, 3: 8 } as const)[shiftCount];
  return {
    constraints: constraints({ uses: ['register', 'register'] }),
    emit(emission, result, a, b) {
      const operand = { base: emission.register(a), index: emission.register(b), scale };
      emission.assembler.op('lea', widthOf(type), emission.register(result), operand);
    },
  };
}

const perType = (type: IntegerType): (readonly [string, NumericRule])[] => {
  const named = (operator: string, rule: NumericRule) => [`${type}.${operator}`, rule] as const;
  return [
    named('add', commutative(type, 'add')),
    named('and', commutative(type, 'and')),
    named('or', commutative(type, 'or')),
    named('xor', commutative(type, 'xor')),
    named('sub', subtract(type)),
    named('mul', multiply(type)),
    named('shl', shift(type, 'shl')),
    named('shr_s', shift(type, 'sar')),
    named('shr_u', shift(type, 'shr')),
    named('rotl', shift(type, 'rol')),
    named('rotr', shift(type, 'ror')),
    named('div_s', divide(type, true, 'quotient')),
    named('div_u', divide(type, false, 'quotient')),
    named('rem_s', divide(type, true, 'remainder')),
    named('rem_u', divide(type, false, 'remainder')),
    named('add_shl1', shiftedAddition(type, 1)),
    named('add_shl2', shiftedAddition(type, 2)),
    named('add_shl3', shiftedAddition(type, 3)),
    named('clz', countLeadingZeros(type)),
    named('ctz', countTrailingZeros(type)),
    named('popcnt', unary(widthOf(type), type, 'popcnt')),
  ];
};

export const integerRules: ReadonlyMap<string, NumericRule> = new Map([
  ...perType('i32'),
  ...perType('i64'),
  ['i32.wrap_i64', wrap] as const,
  ['i64.extend_i32_u', zeroExtend] as const,
  ['i64.extend_i32_s', unary(64, 'i32', 'movsxd')] as const,
  ['i32.extend8_s', unary(32, 'i32', 'movsx8')] as const,
  ['i32.extend16_s', unary(32, 'i32', 'movsx16')] as const,
  ['i64.extend8_s', unary(64, 'i64', 'movsx8')] as const,
  ['i64.extend16_s', unary(64, 'i64', 'movsx16')] as const,
  ['i64.extend32_s', unary(64, 'i64', 'movsxd')] as const,
]);
