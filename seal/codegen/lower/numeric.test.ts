/** Every numeric operator against the engine: edge operands in registers, and constants on either side. */
import { test } from 'node:test';
import type { NumberType } from '../../decode/module.ts';
import { type Opcode, opcodes } from '../../decode/opcodes.ts';
import { assertSameResults, type Invocation } from '../../testing/differential.ts';
import {
  type Bytes,
  constant,
  header,
  section,
  signedNumber,
  text,
  typeCodes,
  unsigned,
  vector,
} from '../../testing/wasm-writer.ts';

type ScalarType = Exclude<NumberType, 'v128'>;

const operands: Readonly<Record<ScalarType, readonly bigint[]>> = {
  i32: [0n, 1n, 2n, 31n, 33n, 0x80n, 0x8000n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_fff9n, 0xffff_ffffn],
  i64: [
    0n,
    1n,
    63n,
    65n,
    0x8000_0000n,
    0xffff_ffffn,
    0x1_0000_0000n,
    0x7fff_ffff_ffff_ffffn,
    0x8000_0000_0000_0000n,
    0xffff_ffff_7fff_ffffn,
    0xffff_ffff_ffff_ffffn,
  ],
  // 0, -0, 1, -1.5, 2.5, least subnormal, greatest, infinities, NaN, 2^31, -2^31 - 256, 2^32, 2^63, -2^63, 2^64
  f32: [
    0n,
    0x8000_0000n,
    0x3f80_0000n,
    0xbfc0_0000n,
    0x4020_0000n,
    1n,
    0x7f7f_ffffn,
    0x7f80_0000n,
    0xff80_0000n,
    0x7fc0_0000n,
    0x4f00_0000n,
    0xcf00_0001n,
    0x4f80_0000n,
    0x5f00_0000n,
    0xdf00_0000n,
    0x5f80_0000n,
    0xbf7f_ffffn,
    0xbf80_0000n,
  ],
  f64: [
    0n,
    0x8000_0000_0000_0000n,
    0x3ff0_0000_0000_0000n,
    0xbff8_0000_0000_0000n,
    0x4004_0000_0000_0000n,
    1n,
    0x7fef_ffff_ffff_ffffn,
    0x7ff0_0000_0000_0000n,
    0xfff0_0000_0000_0000n,
    0x7ff8_0000_0000_0000n,
    0x41e0_0000_0000_0000n,
    0xc1e0_0000_0020_0000n,
    0xc1e0_0000_001f_ffffn,
    0x41ef_ffff_ffff_ffffn,
    0x41f0_0000_0000_0000n,
    0x43e0_0000_0000_0000n,
    0xc3e0_0000_0000_0000n,
    0x43f0_0000_0000_0000n,
    0xbfef_ffff_ffff_ffffn,
    0x36a0_0000_0000_0000n,
  ],
};

interface TestFunction {
  readonly name: string;
  readonly parameters: readonly ScalarType[];
  readonly result: ScalarType;
  readonly code: Bytes;
}

const opcodeBytes = ({ code }: Opcode): Bytes => (code > 0xff ? [0xfc, ...unsigned(code & 0xff)] : [code]);

function moduleOf(functions: readonly TestFunction[]): Uint8Array {
  const typeOf = ({ parameters, result }: TestFunction): Bytes => [
    0x60,
    ...vector(parameters.map((type) => [typeCodes[type] ?? 0])),
    1,
    typeCodes[result] ?? 0,
  ];
  const bodies = functions.map(({ code }): Bytes => {
    const body = [0, ...code, 0x0b];
    return [...unsigned(body.length), ...body];
  });
  return Uint8Array.from([
    ...header,
    ...section(1, vector(functions.map(typeOf))),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(7, vector(functions.map(({ name }, index) => [...text(name), 0, ...unsigned(index)]))),
    ...section(10, vector(bodies)),
  ]);
}

/** Vector operators have a test of their own. */
const isScalar = ({ name }: Opcode) => /^[if](32|64)\./.test(name);
const numeric = opcodes.filter(
  (opcode) => opcode.immediates === 'none' && opcode.signature !== undefined && isScalar(opcode),
);
const scalars = (types: readonly NumberType[] = []): readonly ScalarType[] => types.filter((type) => type !== 'v128');

function functionsFor(opcode: Opcode): readonly TestFunction[] {
  const inputs = scalars(opcode.signature?.inputs);
  const [result = 'i32'] = scalars(opcode.signature?.outputs);
  const [left = 'i32', right] = inputs;
  const code = opcodeBytes(opcode);
  if (right === undefined) {
    return [
      { name: opcode.name, parameters: inputs, result, code: [0x20, 0, ...code] },
      // As a condition, where comparisons are fused.
      ...(result === 'i32'
        ? [
            {
              name: `${opcode.name} if`,
              parameters: inputs,
              result: 'i32' as const,
              code: conditional([0x20, 0, ...code]),
            },
          ]
        : []),
    ];
  }
  const operation: Bytes = [0x20, 0, 0x20, 1, ...code];
  const functions: TestFunction[] = [{ name: opcode.name, parameters: inputs, result, code: operation }];
  if (result === 'i32') {
    functions.push({ name: `${opcode.name} if`, parameters: inputs, result: 'i32', code: conditional(operation) });
    const selecting: Bytes = [...signedConst(11), ...signedConst(22), ...operation, 0x1b];
    functions.push({ name: `${opcode.name} select`, parameters: inputs, result: 'i32', code: selecting });
  }
  for (const bits of operands[right]) {
    const fixed = constant(right, bits);
    functions.push({
      name: `x ${opcode.name} ${bits}`,
      parameters: [left],
      result,
      code: [0x20, 0, ...fixed, ...code],
    });
    functions.push({
      name: `${bits} ${opcode.name} x`,
      parameters: [left],
      result,
      code: [...fixed, 0x20, 0, ...code],
    });
  }
  return functions;
}

const signedConst = (value: number): Bytes => [0x41, ...signedNumber(value)];
const conditional = (condition: Bytes): Bytes => [
  ...condition,
  0x04,
  0x7f,
  ...signedConst(1),
  0x05,
  ...signedConst(2),
  0x0b,
];

function invocationsOf({ name, parameters }: TestFunction): readonly Invocation[] {
  const [first, second] = parameters;
  const values = operands[first ?? 'i32'];
  if (second === undefined) return values.map((a) => ({ name, arguments: [a] }));
  return values.flatMap((a) => operands[second].map((b) => ({ name, arguments: [a, b] })));
}

for (const type of ['i32', 'i64', 'f32', 'f64']) {
  const functions = numeric.filter(({ name }) => name.startsWith(type)).flatMap(functionsFor);
  test(`${type} operators give what the engine gives`, () => {
    assertSameResults(moduleOf(functions), functions.flatMap(invocationsOf));
  });
}
