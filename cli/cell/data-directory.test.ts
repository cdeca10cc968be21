import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeDataDirectory } from './data-directory.ts';

test('a data directory is made with all that leads to it, for its owner alone, and may exist', (context) => {
  const parent = mkdtempSync(join(tmpdir(), 'diatom-data-'));
  context.after(() => rmSync(parent, { recursive: true }));
  const path = join(parent, 'a', 'b');
  makeDataDirectory(path);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  makeDataDirectory(path);
});

test('where none can be made, a sentence says so at once', (context) => {
  const parent = mkdtempSync(join(tmpdir(), 'diatom-data-'));
  context.after(() => rmSync(parent, { recursive: true }));
  const file = join(parent, 'file');
  writeFileSync(file, '');
  assert.throws(() => makeDataDirectory(file), { message: `${file} is not a directory` });
  assert.throws(() => makeDataDirectory(join(file, 'a')), { message: `${join(file, 'a')} is not a directory` });
  assert.throws(() => makeDataDirectory('/proc/x/y'), /\/proc\/x\/y cannot be the data directory: ENOENT/);
});
