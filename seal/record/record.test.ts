import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

test('a program given to node on its command line records as one in a file does', () => {
  const record = JSON.stringify(new URL('./record.ts', import.meta.url).href);
  // A module with a function `_start` that returns at once, and a memory.
  const wasm = `Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1,
    7, 19, 2, 6, ...Buffer.from('_start'), 0, 0, 6, ...Buffer.from('memory'), 2, 0, 10, 4, 1, 2, 0, 11)`;
  const program = `import { record } from ${record}; console.log(JSON.stringify(await record(${wasm})));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  assert.deepEqual(JSON.parse(output), { ports: [], console: '', end: { kind: 'waiting' } });
});
