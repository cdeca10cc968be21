import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { probeHvt } from './probe.ts';

const answers: readonly (readonly [does: string, script: string, reason: RegExp | undefined])[] = [
  ['says hvt', 'test "$1" = probe && echo hvt', undefined],
  ['says why not', 'echo "no: /dev/kvm is not there"', /^\/dev\/kvm is not there$/],
  ['does not know the probe', 'echo "usage: other" >&2; exit 64', /^the probe failed: usage: other$/],
  ['says hvt and fails', 'echo hvt; exit 1', /^the probe failed/],
];

for (const [does, script, reason] of answers) {
  test(`a tender that ${does}`, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'diatom-probe-'));
    try {
      const path = join(directory, 'tender');
      writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o700 });
      const answer = await probeHvt(path);
      if (reason === undefined) assert.equal(answer, undefined);
      else assert.match(answer ?? 'it works', reason);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}

test('a tender that is not there', async () => {
  assert.match((await probeHvt('/nowhere/tender')) ?? '', /ENOENT/);
});
