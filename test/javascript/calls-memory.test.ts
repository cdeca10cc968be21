/** What requests to other hosts take they give back: ten thousand of every kind in an image with little more than it begins with. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { nativeTarget } from '../conformance/native-target.ts';
import { startOn } from '../conformance/start.ts';
import { startUpstream } from './upstream.ts';

test('10,000 requests, finished, dropped, aborted and failed, leave nothing behind', async () => {
  await using upstream = await startUpstream();
  const directory = await mkdtemp(join(tmpdir(), 'diatom-calls-'));
  try {
    await cp(join(import.meta.dirname, 'programs/calls'), directory, { recursive: true });
    // Half of a kilobyte lost by each would be too much.
    const memory = { maximumBytes: 10 * 2 ** 20 };
    await writeFile(join(directory, 'diatom.json'), JSON.stringify({ connect: [upstream.address], memory }));
    const start = startOn(nativeTarget('process'));
    await using running = await start(join(directory, 'calls.ts'), { environment: { UPSTREAM: upstream.url } });
    for (let round = 0; round < 10; round++) {
      const answer = await fetch(`http://127.0.0.1:${running.address.port}/mixed?count=1000`);
      assert.equal(await answer.text(), '[]', (await running.console()).join('\n'));
    }
    // Idle connections are few, and those that were given up are gone.
    while (upstream.openCount() > 32) await new Promise((resolve) => setImmediate(resolve));
  } finally {
    await rm(directory, { recursive: true });
  }
});
