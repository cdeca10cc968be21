import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rehearse } from './rehearse.ts';

const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;

/** Handles close in the turn after they were asked to. */
async function untilClosed(): Promise<void> {
  while (sockets() > 0) await new Promise((resolve) => setImmediate(resolve));
}

test('a rehearsal ends and leaves neither listener nor connection', async () => {
  await rehearse(new AbortController().signal);
  await untilClosed();
  assert.equal(sockets(), 0);
});

test('a gateway that stops ends its rehearsal', async () => {
  const stopping = new AbortController();
  const done = rehearse(stopping.signal);
  setImmediate(() => stopping.abort());
  await done;
  await rehearse(AbortSignal.abort());
  await untilClosed();
});
