/** Modules of few bytes that ask for much: the answer is an error or comes soon, and memory stays in bounds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Bytes, header, section, text, unsigned, vector } from '../testing/wasm-writer.ts';
import { decode } from './decode.ts';
import { ModuleError } from './error.ts';
import { validate } from './validate.ts';

const module = (...sections: readonly Bytes[]) => Uint8Array.from([header, ...sections].flat());
const repeat = (count: number, ...item: readonly number[]): Bytes => Array.from({ length: count }, () => item).flat();
const nothing: Bytes = [0x60, 0, 0];
const thousandResults: Bytes = [0x60, 0, ...unsigned(1000), ...repeat(1000, 0x7f)];
const returnsI32: Bytes = [0x60, 0, 1, 0x7f];

/** Functions of the types, the last with the code, the others trapping. */
function functions(types: readonly Bytes[], code: Bytes): Uint8Array {
  const body = [0, ...code, 0x0b];
  const trap: Bytes = [3, 0, 0x00, 0x0b];
  return module(
    section(1, vector(types)),
    section(3, vector(types.map((_, index) => [index]))),
    section(10, vector([...types.slice(1).map(() => trap), [...unsigned(body.length), ...body]])),
  );
}

const check = (bytes: Uint8Array) => validate(decode(bytes));
const refusal = (reason: RegExp) => (error: unknown) =>
  error instanceof ModuleError && error.code === 'unsupported' && reason.test(error.reason);

test('blocks nested a hundred thousand deep are no recursion', () => {
  check(functions([nothing], [...repeat(100_000, 0x02, 0x40), ...repeat(100_000, 0x0b)]));
});

test('globals that read their predecessor twice are computed once each', () => {
  const globals = repeat(1, 0x7f, 0, 0x41, 1, 0x0b);
  const doubling = Array.from({ length: 5000 }, (_, index): Bytes => {
    const before = unsigned(index);
    return [0x7f, 0, 0x23, ...before, 0x23, ...before, 0x6a, 0x0b];
  });
  check(module(section(6, vector([globals, ...doubling]))));
});

test('locals by the thousand in thousands of functions are too many', () => {
  const count = 300;
  const body: Bytes = [6, 1, ...unsigned(50_000), 0x7f, 0x0b];
  const bytes = module(
    section(1, vector([nothing])),
    section(3, [...unsigned(count), ...repeat(count, 0)]),
    section(10, [...unsigned(count), ...repeat(count, ...body)]),
  );
  assert.throws(() => check(bytes), refusal(/locals of all functions/));
});

test('a function of millions of one-byte instructions is refused before they are all read', () => {
  const code = new Uint8Array(7_600_000).fill(0x01);
  code.set([0], 0);
  code[code.length - 1] = 0x0b;
  const entry = Buffer.concat([Uint8Array.from(unsigned(code.length)), code]);
  const head = [...section(1, vector([nothing])), ...section(3, vector([[0]]))];
  const content = Buffer.concat([Uint8Array.of(1), entry]);
  const bytes = Buffer.concat([module(head), Uint8Array.of(10), Uint8Array.from(unsigned(content.length)), content]);
  assert.throws(() => check(bytes), refusal(/instructions of one function, at most 2000000/));
});

test('calls that push a thousand operands each fill no memory', () => {
  const code = [...repeat(20_000, 0x10, 0), 0x00];
  assert.throws(() => check(functions([thousandResults, nothing], code)), refusal(/operands on the stack/));
});

test('a branch table with a thousand operands to sixty thousand labels checks them once', () => {
  const table: Bytes = [0x00, 0x0e, ...unsigned(60_000), ...repeat(60_001, 0)];
  check(functions([thousandResults], repeat(5, ...table)));
});

test('counts beyond the limits of engines are refused before anything of their size is made', () => {
  const wide: Bytes = [0x60, ...unsigned(1001), ...repeat(1001, 0x7f), 0];
  assert.throws(() => check(module(section(1, vector([wide])))), refusal(/1001 parameters, at most 1000/));
  const table = section(4, vector([[0x70, 0, ...unsigned(0xffff_ffff)]]));
  assert.throws(() => check(module(table)), refusal(/elements of one table/));
});

test('a function name of a megabyte with line breaks makes a message of one short line', () => {
  const name = `a\n${'b'.repeat(1_000_000)}`;
  const subsection = vector([[0, ...text(name)]]);
  const custom = section(0, [...text('name'), 1, ...unsigned(subsection.length), ...subsection]);
  const bytes = Uint8Array.from([...functions([returnsI32], []), ...custom]);
  assert.throws(
    () => check(bytes),
    (error) => error instanceof ModuleError && error.message.length < 400 && !error.message.includes('\n'),
  );
});
