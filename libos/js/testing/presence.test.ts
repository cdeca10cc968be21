/** Every name of WinterTC's minimum is there inside the engine, but WebAssembly, which is documented (docs/web-apis.md). */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { globals, links } from '../table.ts';
import { type Engine, startEngine } from './engine.ts';
import { absent, interfaces, members } from './wintertc.ts';

let engine: Engine;

before(async () => {
  engine = await startEngine();
});

test('every interface is a class on the global object', async () => {
  assert.equal(interfaces.length, 43);
  const answer = await engine.run(
    `return ${JSON.stringify(interfaces)}.filter((name) => typeof globalThis[name] !== 'function' || globalThis[name].name !== name)`,
  );
  assert.equal(answer, '[]');
});

test('every member is there', async () => {
  const answer = await engine.run(
    `return ${JSON.stringify(members)}.filter((path) => { let at = globalThis; for (const name of path.split('.')) { if (!(name in at)) return true; at = at[name]; } return false; })`,
  );
  assert.equal(answer, '[]');
});

test('what is absent is absent, and the documentation says so', async () => {
  const page = readFileSync(new URL('../../../docs/web-apis.md', import.meta.url), 'utf8');
  for (const name of absent) {
    assert.equal(await engine.run(`typeof ${name}`), '"undefined"');
    assert.ok(page.includes(name));
  }
});

test('every global has a tag of its own and is not enumerable', async () => {
  const names = Object.keys(globals);
  const answer = await engine.run(
    `return ${JSON.stringify(names)}.filter((name) => Object.getOwnPropertyDescriptor(globalThis, name).enumerable)`,
  );
  assert.equal(answer, '[]');
});

test('every module that the table names exists', () => {
  const modules = [...Object.values(globals).map(({ module }) => module), ...Object.values(links).flat()];
  for (const module of new Set(modules)) {
    assert.ok(readFileSync(new URL(`../${module}`, import.meta.url), 'utf8').length > 0, module);
  }
});
