import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, resources, runLeaderElection } from '@diatom/sdk';
import { waitForObject } from '@diatom/sdk/testing';
import { startKernel } from './kernel.ts';

test('one candidate leads at a time, and the next one starts as soon as the lease is given back', async () => {
  await using kernel = await startKernel();
  const client = new Client(kernel.port());
  const leaders = new Set<string>();
  const history: string[] = [];
  const candidate = (identity: string, signal: AbortSignal): Promise<void> =>
    runLeaderElection(
      {
        client,
        namespace: 'default',
        name: 'election',
        identity,
        async lead(leading) {
          assert.equal(leaders.size, 0, `${identity} leads beside ${[...leaders]}`);
          leaders.add(identity);
          history.push(identity);
          await new Promise((resolve) => leading.addEventListener('abort', resolve, { once: true }));
          leaders.delete(identity);
        },
      },
      signal,
    );
  const heldBy = (identity: string) =>
    waitForObject(client, resources.leases, 'default/election', ({ spec }) => spec?.holderIdentity === identity);
  const [first, second] = [new AbortController(), new AbortController()];
  const firstEnded = candidate('first', first.signal);
  await heldBy('first');
  const secondEnded = candidate('second', second.signal);
  first.abort();
  await firstEnded;
  const lease = await heldBy('second');
  assert.equal(lease.spec?.leaseTransitions, 1);
  assert.deepEqual(history, ['first', 'second']);
  second.abort();
  await secondEnded;
  assert.equal(leaders.size, 0);
});

test('a leader whose work fails gives the lease back and says why', async () => {
  await using kernel = await startKernel();
  const client = new Client(kernel.port());
  const election = { client, namespace: 'default', name: 'election', identity: 'first' };
  const lead = async (): Promise<void> => {
    throw new Error('nothing to lead with');
  };
  const { signal } = new AbortController();
  await assert.rejects(runLeaderElection({ ...election, lead }, signal), { message: 'nothing to lead with' });
  const lease = await client.resource(resources.leases, 'default').get('election');
  assert.equal(lease.spec?.holderIdentity, '');
});
