import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

test('a test file that leaves something open fails and says what', (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'diatom-leak-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'leaks.test.ts');
  writeFileSync(file, "import { test } from 'node:test';\ntest('leaks', () => void setInterval(() => {}, 1000));\n");
  const { NODE_TEST_CONTEXT: _outer, ...env } = process.env;
  const { status, stderr } = spawnSync(process.execPath, ['--import', join(import.meta.dirname, 'no-leaks.ts'), file], {
    encoding: 'utf8',
    env: { ...env, TEST_PATIENCE_MS: '10' },
  });
  assert.match(stderr, /leaks\.test\.ts has not ended after its last test; still open: .*Timeout/);
  assert.equal(status, 1);
});
