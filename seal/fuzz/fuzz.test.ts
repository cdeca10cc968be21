/** A fixed set of seeds; `npm run fuzz -- --minutes N` for others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareModule, differenceText } from './compare.ts';
import { examine } from './findings.ts';
import { randomModule } from './generate.ts';
import { randomFrom } from './random.ts';

const [from = 1, to = 16] = (process.env.SEAL_FUZZ_SEEDS ?? '1-16').split('-').map(Number);

for (let seed = from; seed <= to; seed += 1) {
  test(`random module of seed ${seed} (again: npm run fuzz -- --seed ${seed} --count 1)`, () => {
    const random = randomFrom(seed);
    assert.deepEqual(compareModule(randomModule(seed, random), random).differences.map(differenceText), []);
  });
}

test('a module the compiler refuses inside of a function is no finding, whatever the engine makes of it', () => {
  // (func (export "f") ref.null func, ref.as_non_null, drop): the engine traps.
  const wasm = Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0],
    ...[10, 8, 1, 6, 0, 0xd0, 0x70, 0xd4, 0x1a, 0x0b],
  ]);
  assert.deepEqual(examine(wasm, [{ name: 'f', arguments: [] }]), { kind: 'none', compared: 0 });
});
