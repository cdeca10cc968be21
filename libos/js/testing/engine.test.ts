/** The cases of differential.test.ts inside quickjs-ng: what our modules give under Node they give there. */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { cases } from './cases/index.ts';
import { type Engine, startEngine } from './engine.ts';
import { runCase } from './show.ts';

let engine: Engine;

before(async () => {
  engine = await startEngine();
});

for (const [area, list] of Object.entries(cases)) {
  test(`${area}: ${list.length} cases give in the engine what Node gives`, async () => {
    const differences: string[] = [];
    for (const one of list) {
      const [code, standard] = typeof one === 'string' ? [one, undefined] : one;
      const expected = standard ?? (await runCase(code, {}));
      const actual = await engine.run(code);
      if (actual !== expected) differences.push(`${code}\n    expected ${expected}\n    got      ${actual}`);
    }
    assert.equal(differences.length, 0, `\n${differences.join('\n')}`);
  });
}
