import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assemble } from '../testing/assemble.ts';
import { keepExports } from './keep-exports.ts';

const many = Array.from({ length: 200 }, (_, index) => `(export "f${index}" (func $f))`).join('');
const module = assemble(`(module (func $f) (memory (export "memory") 1) ${many})`);
const exportsOf = (wasm: Uint8Array) =>
  WebAssembly.Module.exports(new WebAssembly.Module(new Uint8Array(wasm))).map(({ name }) => name);

test('only the named exports stay, in the order of the module', () => {
  assert.deepEqual(exportsOf(keepExports(module, ['f150', 'memory'])), ['memory', 'f150']);
  assert.deepEqual(exportsOf(keepExports(module, exportsOf(module))), exportsOf(module));
});

test('an export that is not there is an error', () => {
  assert.throws(() => keepExports(module, ['memory', '_start']), /does not export _start/);
});
