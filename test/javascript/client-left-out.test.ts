/** What sends requests is in the images of programs that name `fetch`, and in no others. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from '@diatom/seal';

const ofClient = /^(?:libos\/http\/(?:client|client-pool|response-head)|libos\/js\/(?:calls|inflate))\//;

async function manifestOf(handler: string) {
  const directory = await mkdtemp(join(tmpdir(), 'diatom-client-'));
  try {
    const file = join(directory, 'app.ts');
    await writeFile(file, `export default { fetch: ${handler} };`);
    const { manifest } = await build({ file, targets: ['process'] });
    const functions = manifest.functions.filter(({ name }) => ofClient.test(name));
    const modules = (manifest.modules ?? []).filter(({ name }) =>
      /fetch\/fetch|runtime\/(?:calls|decompress)/.test(name),
    );
    return { manifest, count: functions.length, moduleCount: modules.length };
  } finally {
    await rm(directory, { recursive: true });
  }
}

test('a program that sends no requests has no way to, down to the system calls', async () => {
  const { manifest, count, moduleCount } = await manifestOf("() => new Response('hello')");
  assert.equal(manifest.machineCalls.includes('sock_connect'), false);
  assert.deepEqual(
    manifest.systemCalls.filter((name) => /^(?:connect|socket|recvmsg|dup3|fcntl)$/.test(name)),
    [],
  );
  assert.deepEqual([count, moduleCount], [0, 0]);
});

test('one that does has it', async () => {
  const { manifest, count, moduleCount } = await manifestOf("() => fetch('http://a.example/')");
  assert.ok(manifest.machineCalls.includes('sock_connect'));
  assert.ok(count > 10);
  assert.equal(moduleCount, 3);
});
