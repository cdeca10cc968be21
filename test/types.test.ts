/** Folders with types of their own: what runs in an image has neither Node's nor the browser's, so the type check of all else leaves them out. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkout } from './tools/npm.ts';

const compiler = join(checkout, 'node_modules/typescript/bin/tsc');

for (const project of ['libos/js/tsconfig.json', 'examples/tsconfig.json']) {
  test(`${project} has no type error`, () => {
    const { status, stdout } = spawnSync(process.execPath, [compiler, '--noEmit', '--pretty', 'false', '-p', project], {
      cwd: checkout,
      encoding: 'utf8',
    });
    assert.equal(stdout, '');
    assert.equal(status, 0);
  });
}
