/**
 * Modules with one function of random instructions, most of them nonsense: what an unreachable stack allows, what labels take,
 * which indices exist. Behind `unreachable` nearly everything is a question for the validator.
 */
import { type Opcode, opcodes } from '../decode/opcodes.ts';
import { type Bytes, header, section, text, unsigned, vector } from './wasm-writer.ts';

const numberTypes = [0x7f, 0x7e, 0x7d, 0x7c, 0x7b];
const valueTypes = [...numberTypes, 0x70, 0x6f];

const pick = <T>(items: readonly T[], random: () => number): T => {
  const item = items[random() % items.length];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
};

const small = (random: () => number): Bytes => [random() % 9 === 0 ? random() % 8 : random() & 1];

const immediates: Readonly<Record<string, (random: () => number) => Bytes>> = {
  none: () => [],
  block: (random) => {
    const choice = random() % 8;
    return choice < 3 ? [0x40] : choice < 6 ? [pick(valueTypes, random)] : small(random);
  },
  labels: (random) => [...vector(Array.from({ length: random() % 3 }, () => small(random))), ...small(random)],
  i32: (random) => [random() & 0x3f],
  i64: (random) => [random() & 0x3f],
  f32: () => [0, 0, 0x80, 0x3f],
  f64: () => [0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
  access: (random) => [random() % (random() % 4 === 0 ? 5 : 1), random() & 0x3f],
  access_lane: (random) => [random() % 4, random() & 0x3f, random() & 0x0f],
  lane: (random) => [random() % (random() % 4 === 0 ? 17 : 2)],
  v128: (random) => Array.from({ length: 16 }, () => random() & 0xff),
  shuffle: (random) => Array.from({ length: 16 }, () => random() % (random() % 32 === 0 ? 40 : 32)),
  types: (random) => vector(Array.from({ length: random() % 8 === 0 ? 2 : 1 }, () => [pick(valueTypes, random)])),
  reference: (random) => [pick([0x70, 0x6f], random)],
  indirect: (random) => [...small(random), random() % 3],
  memory_memory: (random) => [random() & 1, random() & 1],
  table_table: (random) => [random() % 3, random() % 3],
  data_memory: (random) => [random() & 1, random() & 1],
  element_table: (random) => [random() % 3, random() % 3],
};

/** Rows are chosen by name so that structure and stack juggling are as frequent as arithmetic. */
const structure = opcodes.filter(({ immediates: kind, signature }) => signature === undefined && kind !== 'block');
const openers = opcodes.filter(({ immediates: kind }) => kind === 'block');
const typed = opcodes.filter(({ signature }) => signature !== undefined);

function encode({ code, immediates: kind }: Opcode, random: () => number): Bytes {
  const prefix = code > 0xff ? [code >>> 8, ...unsigned(code & 0xff)] : [code];
  return [...prefix, ...(immediates[kind] ?? small)(random)];
}

function randomInstructions(random: () => number): Bytes {
  const code: number[] = [0x00];
  let depth = 0;
  for (let count = 1 + (random() % 8); count > 0; count -= 1) {
    const choice = random() % 10;
    const pool = choice === 0 ? openers : choice < 6 ? structure : typed;
    const opcode = pick(pool, random);
    if (opcode.name === 'end' && depth === 0) continue;
    if (opcode.name === 'end') depth -= 1;
    if (opcode.immediates === 'block') depth += 1;
    code.push(...encode(opcode, random));
    if (random() % 3 === 0) code.push(0x1a);
    if (random() % 2 === 0) code.push(0x00);
  }
  for (; depth >= 0; depth -= 1) code.push(...(random() % 4 === 0 ? [] : [0x00]), 0x0b);
  return code;
}

/** Three types, three functions, two memories, two tables of funcref and one of externref, three globals, segments. */
export function randomBodyModule(random: () => number): Uint8Array<ArrayBuffer> {
  const results = Array.from({ length: random() % 3 }, () => [pick(valueTypes, random)]);
  const parameters = Array.from({ length: random() % 3 }, () => [pick(valueTypes, random)]);
  const body = [...vector([[2, pick(valueTypes, random)]]), ...randomInstructions(random)];
  const empty: Bytes = [2, 0, 0x0b];
  const i32Body: Bytes = [4, 0, 0x41, 0, 0x0b];
  return Uint8Array.from([
    ...header,
    ...section(
      1,
      vector([
        [0x60, 0, 0],
        [0x60, ...vector(parameters), ...vector(results)],
        [0x60, 1, 0x7f, 1, 0x7f],
      ]),
    ),
    ...section(3, vector([[0], [1], [2]])),
    ...section(
      4,
      vector([
        [0x70, 0, 4],
        [0x6f, 0, 4],
        [0x70, 1, 1, 9],
      ]),
    ),
    ...section(
      5,
      vector([
        [0, 1],
        [1, 0, 3],
      ]),
    ),
    ...section(
      6,
      vector([
        [0x7f, 1, 0x41, 0, 0x0b],
        [0x7e, 0, 0x42, 0, 0x0b],
        [0x70, 1, 0xd2, 0, 0x0b],
      ]),
    ),
    ...section(
      7,
      vector([
        [...text('_start'), 0, 0],
        [...text('run'), 0, 1],
      ]),
    ),
    ...section(
      9,
      vector([
        [1, 0, 1, 0],
        [3, 0, 1, 1],
      ]),
    ),
    ...section(12, [1]),
    ...section(10, vector([empty, [...unsigned(body.length), ...body], i32Body])),
    ...section(11, vector([[1, 1, 0x2a]])),
  ]);
}
