import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const directory = mkdtempSync(join(tmpdir(), 'diatom-compile-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** Whether a fresh process with these flags finds something to compile. */
function compiles(cache: string, ...flags: readonly string[]): boolean {
  const script = `import { compileCell } from ${JSON.stringify(import.meta.resolve('./compile.ts'))}; console.log(await compileCell());`;
  const words = [...flags, '--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script];
  const { NODE_COMPILE_CACHE: _, ...environment } = process.env;
  const answer = execFileSync(process.execPath, words, {
    env: cache === '' ? environment : { ...environment, NODE_COMPILE_CACHE: cache },
    encoding: 'utf8',
  });
  return answer.trim() === 'true';
}

test('a cell is compiled once for a cache, and again for flags of V8 that its caches are no good for', () => {
  const cache = join(directory, 'cache');
  assert.equal(compiles(cache), true);
  assert.equal(compiles(cache), false);
  assert.equal(compiles(cache, '--expose-gc'), true);
  assert.equal(compiles(cache, '--expose-gc'), false);
});

test('without a cache, or with one that cannot be written, there is nothing to repeat', () => {
  assert.equal(compiles(''), false);
  const file = join(directory, 'file');
  writeFileSync(file, '');
  assert.equal(compiles(join(file, 'cache')), false);
});
