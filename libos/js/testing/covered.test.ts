/** Every name of WinterTC's minimum has tests of what it does: each member of each interface is used in the cases of its areas. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { globals } from '../table.ts';
import { type Case, cases } from './cases/index.ts';
import { interfaceAreas, memberAreas, notStandard } from './covered.ts';
import './node-host.ts';
import { interfaces, members } from './wintertc.ts';

const codeOf = (one: Case): string => (typeof one === 'string' ? one : one[0]);

const textOf = (areas: readonly string[]): string =>
  areas.flatMap((area) => (cases[area] ?? []).map(codeOf)).join('\n');

/** The class as programs see it. The engine's own is taken where there is no module of ours. */
async function classOf(name: string): Promise<{ readonly prototype: object }> {
  const found = globals[name];
  const module = found === undefined ? globalThis : await import(`../${found.module}`);
  return (module as Record<string, { readonly prototype: object }>)[found?.export ?? name] ?? { prototype: {} };
}

/** Of the prototype and of the class itself; names that begin with an underscore are the polyfill's own. */
function membersOf(made: { readonly prototype: object }): readonly string[] {
  const statics = Object.getOwnPropertyNames(made).filter((name) => !['length', 'name', 'prototype'].includes(name));
  const own = Object.getOwnPropertyNames(made.prototype).filter((name) => name !== 'constructor');
  return [...statics, ...own].filter((name) => /^[a-z]/i.test(name) && !notStandard.includes(name));
}

const isUsed = (text: string, member: string): boolean => new RegExp(`\\b${member}\\b`).test(text);

test('every interface has areas of its own, and nothing else has', () => {
  assert.deepEqual(Object.keys(interfaceAreas).sort(), [...interfaces].sort());
  assert.deepEqual(Object.keys(memberAreas).sort(), [...members].sort());
});

for (const [name, areas] of Object.entries(interfaceAreas)) {
  test(`${name}: each member is used in the cases of ${areas.join(' and ')}`, async () => {
    const text = textOf(areas);
    assert.ok(text.includes(name), `no case names ${name}`);
    const missing = membersOf(await classOf(name)).filter((member) => !isUsed(text, member));
    assert.deepEqual(missing, []);
  });
}

for (const [name, where] of Object.entries(memberAreas)) {
  test(`${name} is tested`, () => {
    const text = typeof where === 'string' ? readFileSync(new URL(where, import.meta.url), 'utf8') : textOf(where);
    const last = name.split('.').at(-1) ?? name;
    assert.match(text, new RegExp(`\\b${last}\\b`));
  });
}

test('the tests that stand elsewhere are there', () => {
  for (const where of Object.values(memberAreas)) {
    if (typeof where === 'string') assert.ok(existsSync(new URL(where, import.meta.url)), where);
  }
});
