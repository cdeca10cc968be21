/**
 * Every case (`cases/`) gives under our modules what it gives under Node's own classes, or what the standard says where
 * the case holds that.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { globals, links } from '../table.ts';
import { cases } from './cases/index.ts';
import './node-host.ts';
import { runCase } from './show.ts';

const moduleUrls = new Set(Object.values(links).flat());
// Not the module that makes the global object an event target: here that object is Node's.
for (const path of moduleUrls) if (path !== './globals/scope.ts') await import(`../${path}`);
const ours: Record<string, unknown> = {};
for (const [name, { module, export: exported }] of Object.entries(globals)) {
  if (module === './globals/scope.ts') continue;
  ours[name] = ((await import(`../${module}`)) as Record<string, unknown>)[exported];
}

for (const [area, list] of Object.entries(cases)) {
  test(`${area}: ${list.length} cases give what Node gives`, async () => {
    const differences: string[] = [];
    for (const one of list) {
      const [code, standard] = typeof one === 'string' ? [one, undefined] : one;
      const expected = standard ?? (await runCase(code, {}));
      const actual = await runCase(code, ours);
      if (actual !== expected) differences.push(`${code}\n    expected ${expected}\n    got      ${actual}`);
    }
    assert.equal(differences.length, 0, `\n${differences.join('\n')}`);
  });
}
