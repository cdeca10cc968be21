/** Every difference that was ever found, reduced (docs/seal.md says how they come here). */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { compareCalls, differenceText } from './compare.ts';
import { readRegression } from './regression.ts';

const directory = join(import.meta.dirname, 'regressions');

for (const file of readdirSync(directory).filter((name) => name.endsWith('.wat'))) {
  test(`${file} ends as in the engine`, () => {
    const { wasm, calls } = readRegression(join(directory, file));
    const { compared, differences } = compareCalls(wasm, calls);
    assert.ok(compared > 0);
    assert.deepEqual(differences.map(differenceText), []);
  });
}
