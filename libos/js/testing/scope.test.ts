/** The global object as the place where errors nobody caught are told. In the engine, as here it is Node's. */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { type Engine, startEngine } from './engine.ts';

let engine: Engine;

beforeEach(async () => {
  engine = await startEngine();
});

test('reportError writes the error to the console', async () => {
  await engine.run(`reportError(new TypeError('lost'))`);
  assert.match(engine.consoleLines[0] ?? '', /^Uncaught TypeError: lost\n {4}at /);
});

test('reportError takes anything', async () => {
  await engine.run(`reportError({ a: 1 })`);
  assert.deepEqual(engine.consoleLines, ['Uncaught {"a":1}']);
});

test('an exception in a timer is reported, and later timers still run', async () => {
  const answer = await engine.run(
    `return await new Promise((resolve) => { setTimeout(() => { throw new RangeError('first'); }, 1); setTimeout(() => resolve('second'), 2); })`,
  );
  assert.equal(answer, '"second"');
  assert.match(engine.consoleLines[0] ?? '', /^Uncaught RangeError: first/);
});

test('an exception in a listener is reported, and later listeners still run', async () => {
  const answer = await engine.run(
    `const t = new EventTarget(); let n = 0; t.addEventListener('x', () => { throw new Error('bad'); }); t.addEventListener('x', () => n++); t.dispatchEvent(new Event('x')); return n`,
  );
  assert.equal(answer, '1');
  assert.match(engine.consoleLines[0] ?? '', /^Uncaught Error: bad/);
});

test('onerror gets message, source, line, column and error; true keeps it from the console', async () => {
  const answer = await engine.run(
    `let seen; globalThis.onerror = (...values) => { seen = values; return true; }; const e = new Error('m'); reportError(e); return [seen[0], typeof seen[1], typeof seen[2], typeof seen[3], seen[4] === e]`,
  );
  assert.equal(answer, '["Uncaught Error: m", "string", "number", "number", true]');
  assert.deepEqual(engine.consoleLines, []);
});

test('an error listener that does not prevent the default leaves the console line', async () => {
  const answer = await engine.run(
    `const seen = []; addEventListener('error', (e) => seen.push(e instanceof ErrorEvent, e.error, e.message)); reportError(5); return seen`,
  );
  assert.equal(answer, '[true, 5, "Uncaught exception"]');
  assert.deepEqual(engine.consoleLines, ['Uncaught 5']);
});

test('an error inside an error listener goes to the console, not round in a circle', async () => {
  await engine.run(`onerror = () => { throw new Error('again'); }; reportError(new Error('once')); return 0`);
  assert.equal(engine.consoleLines.length, 2);
});

test('onerror holds only functions', async () => {
  assert.equal(await engine.run(`onerror = 5; return onerror`), 'null');
});
