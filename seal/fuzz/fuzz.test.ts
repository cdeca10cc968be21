/** A fixed set of seeds; `npm run fuzz -- --minutes N` for others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareModule, differenceText } from './compare.ts';
import { randomModule } from './generate.ts';
import { randomFrom } from './random.ts';

const [from = 1, to = 16] = (process.env.SEAL_FUZZ_SEEDS ?? '1-16').split('-').map(Number);

for (let seed = from; seed <= to; seed += 1) {
  test(`random module of seed ${seed} (again: npm run fuzz -- --seed ${seed} --count 1)`, () => {
    const random = randomFrom(seed);
    assert.deepEqual(compareModule(randomModule(seed, random), random).differences.map(differenceText), []);
  });
}
