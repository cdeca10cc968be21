/** The words of errors: those engineers know from the reference interpreter, with the place. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Bytes, header, section, text, unsigned, vector } from '../testing/wasm-writer.ts';
import { decode } from './decode.ts';
import { ModuleError } from './error.ts';
import { validate } from './validate.ts';

const noResult: Bytes = [0x60, 0, 0];
const givesI32: Bytes = [0x60, 0, 1, 0x7f];

/** A function `body` of the type, with a local of i64, in a module with a memory, an immutable global and two tables. */
function withBody(type: Bytes, code: Bytes): Uint8Array {
  const body = [1, 1, 0x7e, ...code, 0x0b];
  const names = [1, ...unsigned(7), ...vector([[0, ...text('body')]])];
  return Uint8Array.from(
    [
      header,
      section(1, vector([type])),
      section(3, vector([[0]])),
      section(
        4,
        vector([
          [0x70, 0, 1],
          [0x6f, 0, 1],
        ]),
      ),
      section(5, vector([[0, 1]])),
      section(6, vector([[0x7f, 0, 0x41, 0, 0x0b]])),
      section(10, vector([[...unsigned(body.length), ...body]])),
      section(0, [...text('name'), ...names]),
    ].flat(),
  );
}

/** Type, instructions, reason. */
const bodies: readonly (readonly [Bytes, Bytes, string])[] = [
  [givesI32, [0x42, 0], 'type mismatch: expected i32, found i64'],
  [givesI32, [], 'type mismatch: expected i32, found nothing on the stack'],
  [noResult, [0x41, 0], 'type mismatch: values remaining on stack at end of function: i32'],
  [noResult, [0x20, 0, 0x45, 0x1a], 'type mismatch: expected i32, found i64'],
  [noResult, [0x02, 0x40, 0x41, 0, 0x0b], 'type mismatch: values remaining on stack at end of block: i32'],
  [noResult, [0x41, 0, 0x04, 0x7f, 0x41, 0, 0x0b, 0x1a], 'type mismatch: an if without else must give what it takes'],
  [noResult, [0x20, 3, 0x1a], 'unknown local 3'],
  [noResult, [0x23, 7, 0x1a], 'unknown global 7'],
  [noResult, [0x10, 9], 'unknown function 9'],
  [noResult, [0x0c, 2], 'unknown label 2'],
  [noResult, [0x3f, 1, 0x1a], 'unknown memory 1'],
  [noResult, [0x41, 0, 0x25, 5, 0x1a], 'unknown table 5'],
  [noResult, [0x41, 0, 0x11, 4, 0], 'unknown type 4'],
  [noResult, [0x41, 0, 0x11, 0, 1], 'type mismatch: expected funcref, found externref'],
  [noResult, [0x41, 0, 0x24, 0], 'immutable global 0'],
  [noResult, [0x41, 0, 0x28, 3, 0, 0x1a], 'alignment must not be larger than natural'],
  [noResult, [0xd2, 0, 0x1a], 'undeclared function reference 0'],
  [noResult, [0xfc, 9, 0], 'unknown data segment 0'],
  [noResult, [0xfc, 13, 0], 'unknown elem segment 0'],
  [noResult, [0x00, 0x1c, 0, 0x1a], 'invalid result arity'],
  [noResult, [0xd0, 0x70, 0xd0, 0x70, 0x41, 0, 0x1b, 0x1a], 'type mismatch: select of funcref needs a type annotation'],
];

for (const [type, code, reason] of bodies) {
  test(`"${reason}" names function and byte`, () => {
    const bytes = withBody(type, code);
    assert.throws(
      () => validate(decode(bytes)),
      (error) => {
        assert.ok(error instanceof ModuleError, String(error));
        assert.deepEqual([error.code, error.reason, error.functionName], ['invalid', reason, 'body']);
        assert.ok(error.byteOffset > 8 && error.byteOffset < bytes.length);
        return true;
      },
    );
  });
}

/** Sections, code, reason. */
const modules: readonly (readonly [readonly Bytes[], ModuleError['code'], RegExp])[] = [
  [[section(5, vector([[1, 2, 1]]))], 'invalid', /^size minimum must not be greater than maximum/],
  [[section(5, vector([[0, ...unsigned(65_537)]]))], 'invalid', /^memory size must be at most 65536 pages \(4 GiB\)/],
  [[section(3, vector([[0]])), section(10, vector([[2, 0, 0x0b]]))], 'invalid', /^unknown type 0/],
  [[section(8, [0])], 'invalid', /^unknown function 0/],
  [[section(7, vector([[...text('m'), 2, 0]]))], 'invalid', /^unknown memory 0/],
  [
    [
      section(5, vector([[0, 1]])),
      section(
        7,
        vector([
          [...text('m'), 2, 0],
          [...text('m'), 2, 0],
        ]),
      ),
    ],
    'invalid',
    /^duplicate export name "m"/,
  ],
  [[section(6, vector([[0x7f, 0, 0x42, 0, 0x0b]]))], 'invalid', /^type mismatch: expected i32, found i64/],
  [[section(6, vector([[0x7f, 0, 0x23, 0, 0x0b]]))], 'invalid', /^unknown global 0/],
  [[section(6, vector([[0x7f, 0, 0x41, 0, 0x45, 0x0b]]))], 'invalid', /^constant expression required/],
  [[section(11, vector([[0, 0x41, 0, 0x0b, 0]]))], 'invalid', /^unknown memory 0/],
  [[section(12, [1])], 'malformed', /^data count and data section have inconsistent lengths/],
  [[section(5, vector([[8, 1, 0]]))], 'malformed', /custom page sizes are not supported/],
];

for (const [sections, code, reason] of modules) {
  test(`a module is refused: ${reason.source}`, () => {
    assert.throws(
      () => validate(decode(Uint8Array.from([header, ...sections].flat()))),
      (error) => error instanceof ModuleError && error.code === code && reason.test(error.reason),
    );
  });
}
