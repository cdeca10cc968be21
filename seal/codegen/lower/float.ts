/** Float arithmetic. Results of NaN inputs are what SSE makes of them: quiet, payload of an operand (§4.3.3 allows any). */
import { constraints } from '../constraints.ts';
import type { Emission } from '../emission.ts';
import type { Mnemonic } from '../encodings.ts';
import type { Location } from '../locations.ts';
import { floatScratch } from '../registers.ts';
import type { NumericRule } from './rule.ts';

type FloatType = 'f32' | 'f64';

const signBit = (type: FloatType) => (type === 'f32' ? 0x8000_0000n : 0x8000_0000_0000_0000n);
const inPlaceOrdered = constraints({ uses: ['any', 'late-any'], resultHint: 'first-input' });
const inPlace = constraints({ uses: ['any', 'any'], resultHint: 'first-input' });

function arithmetic(type: FloatType, mnemonic: Mnemonic): NumericRule {
  return {
    constraints: inPlaceOrdered,
    emit(emission, result, a, b) {
      const to = emission.register(result);
      emission.load(to, a, type);
      emission.assembler.op(mnemonic, 32, to, emission.operand(b, type));
    },
  };
}

/** minsd and maxsd give the second operand for NaN and for zeros of any sign: both cases are told apart first. */
function extremum(type: FloatType, wants: 'min' | 'max'): NumericRule {
  const suffix = type === 'f32' ? 'ss' : 'sd';
  return {
    constraints: constraints({ uses: ['any', 'late-register'], resultHint: 'first-input' }),
    emit(emission, result, a, b) {
      const { assembler } = emission;
      const to = emission.register(result);
      const other = emission.register(b);
      emission.load(to, a, type);
      assembler.op(`ucomi${suffix}`, 32, to, other);
      const different = assembler.skipIf('ne');
      const unordered = assembler.skipIf('p');
      // Equal: only zeros of different sign are not identical.
      assembler.op(wants === 'min' ? 'orps' : 'andps', 32, to, other);
      const equalDone = assembler.skip();
      assembler.bind(unordered);
      assembler.op(`add${suffix}`, 32, to, other);
      const unorderedDone = assembler.skip();
      assembler.bind(different);
      assembler.op(`${wants}${suffix}`, 32, to, other);
      assembler.bind(equalDone);
      assembler.bind(unorderedDone);
    },
  };
}

function masked(type: FloatType, mnemonic: 'andps' | 'xorps', mask: bigint): NumericRule {
  return {
    constraints: inPlace,
    emit(emission, result, a) {
      const to = emission.register(result);
      emission.load(to, a, type);
      emission.assembler.op(mnemonic, 32, to, { label: emission.program.literals.mask(mask) });
    },
  };
}

function copySign(type: FloatType): NumericRule {
  return {
    constraints: inPlaceOrdered,
    emit(emission, result, a, b) {
      const { assembler } = emission;
      const to = emission.register(result);
      const sign = { label: emission.program.literals.mask(signBit(type)) };
      const rest = { label: emission.program.literals.mask(signBit(type) - 1n) };
      emission.load(floatScratch, b, type);
      assembler.op('andps', 32, floatScratch, sign);
      emission.load(to, a, type);
      assembler.op('andps', 32, to, rest);
      assembler.op('orps', 32, to, floatScratch);
    },
  };
}

function unary(_type: FloatType, emit: (emission: Emission, to: number, from: Location) => void): NumericRule {
  return {
    constraints: constraints({ uses: ['any'] }),
    emit: (emission, result, a) => emit(emission, emission.register(result), a),
  };
}

/** Rounding modes of roundss/roundsd with the precision exception off (Intel SDM vol. 2, ROUNDSD). */
const roundingModes = { nearest: 8, floor: 9, ceil: 10, trunc: 11 } as const;

const perType = (type: FloatType): (readonly [string, NumericRule])[] => {
  const suffix = type === 'f32' ? 'ss' : 'sd';
  const named = (operator: string, rule: NumericRule) => [`${type}.${operator}`, rule] as const;
  const rounding = (mode: keyof typeof roundingModes) =>
    named(
      mode,
      unary(type, (emission, to, from) =>
        emission.assembler.round(`round${suffix}`, to, emission.operand(from, type), roundingModes[mode]),
      ),
    );
  return [
    named('add', arithmetic(type, `add${suffix}`)),
    named('sub', arithmetic(type, `sub${suffix}`)),
    named('mul', arithmetic(type, `mul${suffix}`)),
    named('div', arithmetic(type, `div${suffix}`)),
    named('min', extremum(type, 'min')),
    named('max', extremum(type, 'max')),
    named('abs', masked(type, 'andps', signBit(type) - 1n)),
    named('neg', masked(type, 'xorps', signBit(type))),
    named('copysign', copySign(type)),
    named(
      'sqrt',
      unary(type, (emission, to, from) => emission.assembler.op(`sqrt${suffix}`, 32, to, emission.operand(from, type))),
    ),
    rounding('nearest'),
    rounding('floor'),
    rounding('ceil'),
    rounding('trunc'),
  ];
};

export const floatRules: ReadonlyMap<string, NumericRule> = new Map([...perType('f32'), ...perType('f64')]);
