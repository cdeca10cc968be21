import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../compile.ts';
import { type Bytes, header, section, text, unsigned, vector } from '../testing/wasm-writer.ts';
import { decode } from './decode.ts';
import { ModuleError } from './error.ts';

const module = (...sections: readonly Bytes[]) => Uint8Array.from([...header, ...sections.flat()]);
const noParameters: Bytes = [0x60, 0, 0];
const oneFunction = (...code: readonly number[]) => {
  const body = [0, ...code];
  return module(
    section(1, vector([noParameters])),
    section(3, vector([[0]])),
    section(7, vector([[...text('_start'), 0, 0]])),
    section(10, vector([[...unsigned(body.length), ...body]])),
  );
};

/** input, code of the error, what its message says */
const refused: readonly (readonly [string, Uint8Array, ModuleError['code'], RegExp])[] = [
  ['nothing at all', new Uint8Array(0), 'malformed', /magic header.* byte 0x0/],
  ['another kind of file', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46), 'malformed', /magic header/],
  ['a component', Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), 'malformed', /version.* byte 0x4/],
  ['a cut section', Uint8Array.from([...header, 1, 5, 1]), 'malformed', /length out of bounds/],
  ['sections out of order', module(section(3, [0]), section(1, [0])), 'malformed', /out of order/],
  ['a number of six bytes', module([1, 0x80, 0x80, 0x80, 0x80, 0x80, 0]), 'malformed', /integer/],
  ['a length beyond the file', module(section(1, unsigned(0xffff_ffff))), 'malformed', /length out of bounds/],
  ['a section with bytes left over', module(section(1, [0, 0])), 'malformed', /section size mismatch.* byte 0xb/],
  ['code without functions', module(section(10, vector([[2, 0, 0x0b]]))), 'malformed', /inconsistent lengths/],
  ['a name that is no UTF-8', module(section(7, vector([[1, 0xff, 0, 0]]))), 'malformed', /UTF-8/],
  ['an unknown opcode', oneFunction(0xff, 0x0b), 'malformed', /illegal opcode 0xff/],
  ['relaxed SIMD', oneFunction(0xfd, 0x80, 0x02, 0x1a, 0x0b), 'unsupported', /relaxed SIMD.* function.* byte 0x/],
  ['a vector opcode that does not exist', oneFunction(0xfd, 0x9a, 0x01, 0x0b), 'malformed', /illegal opcode/],
  ['threads', oneFunction(0xfe, 0x03, 0x00, 0x0b), 'unsupported', /threads.* function.* byte 0x/],
  ['exceptions', oneFunction(0x06, 0x40, 0x0b, 0x0b), 'unsupported', /exception handling/],
  ['garbage collection', module(section(1, vector([[0x5f, 0]]))), 'unsupported', /garbage collection/],
  ['shared memory', module(section(5, vector([[3, 1, 1]]))), 'unsupported', /threads/],
  ['memory64', module(section(5, vector([[4, 1]]))), 'unsupported', /memory64/],
  ['tags', module(section(13, vector([[0, 0]]))), 'unsupported', /tag/],
];

for (const [what, bytes, code, message] of refused) {
  test(`${what} is refused as ${code}, with the place`, () => {
    assert.throws(
      () => compile(bytes, { flavour: 'linux' }),
      (error) => error instanceof ModuleError && error.code === code && message.test(error.message),
    );
  });
}

test('a type error is reported with the byte it is at', () => {
  assert.throws(
    () => compile(oneFunction(0x6a, 0x0b), { flavour: 'linux' }),
    (error) => error instanceof ModuleError && error.code === 'invalid' && error.byteOffset > 8,
  );
});

test('every prefix of a module is refused or decodes, and never crashes', () => {
  const whole = oneFunction(0x41, 0x2a, 0x1a, 0x0b);
  for (let length = 0; length < whole.length; length += 1) {
    try {
      decode(whole.subarray(0, length));
    } catch (error) {
      assert.ok(error instanceof ModuleError, `prefix of ${length} bytes: ${error}`);
    }
  }
});

test('names come from the name section and fall back to the index', () => {
  const names = section(0, [...text('name'), 1, ...unsigned(8), ...vector([[0, ...text('hello')]])]);
  const [named] = decode(Uint8Array.from([...oneFunction(0x0b), ...names])).functions;
  const [unnamed] = decode(oneFunction(0x0b)).functions;
  assert.equal(named?.name, 'hello');
  assert.equal(unnamed?.name, 'function[0]');
});
