/**
 * Each server's thread, the kernel's included, is killed while a Deployment is scaled up and down and a client keeps
 * asking a steady service: the Deployment converges, the rest of the cell notices nothing.
 */
import assert from 'node:assert/strict';
import { get } from 'node:http';
import { after, before, test } from 'node:test';
import { serverTable } from '@diatom/cli/cell/server-table.ts';
import { isPodReady, resources } from '@diatom/sdk';
import { waitForObject, waitForObjects } from '@diatom/sdk/testing';
import { type CellRig, deployment, service, startCellRig } from './cell-rig.ts';

let rig: CellRig;
let address = '';

before(async () => {
  rig = await startCellRig(['http']);
  const { client } = rig;
  await client.resource(resources.deployments, 'default').create(deployment('steady', { image: 'http' }));
  await client.resource(resources.services, 'default').create(service('steady', 8080));
  await client
    .resource(resources.deployments, 'default')
    .create(deployment('scaled', { image: 'http', replicas: 1, idleTimeout: '1s' }));
  await converged(1);
  const found = await waitForObject(
    client,
    resources.services,
    'default/steady',
    ({ spec }) => (spec?.clusterIP ?? '') !== '',
  );
  address = found.spec?.clusterIP ?? '';
  await waitForObjects(
    client,
    resources.pods,
    { namespace: 'default', labelSelector: 'app=steady' },
    (pods) => pods.length === 1 && pods.every(isPodReady),
  );
});

after(async () => {
  await rig[Symbol.asyncDispose]();
});

/** As many pods as wanted, all ready, and the Deployment says so. */
async function converged(replicas: number): Promise<void> {
  const timeoutMs = 60_000;
  await waitForObject(
    rig.client,
    resources.deployments,
    'default/scaled',
    ({ status, metadata, spec }) =>
      spec.replicas === replicas &&
      status?.observedGeneration === metadata.generation &&
      (status?.readyReplicas ?? 0) === replicas &&
      (status?.replicas ?? 0) === replicas,
    { timeoutMs },
  );
  await waitForObjects(
    rig.client,
    resources.pods,
    { namespace: 'default', labelSelector: 'app=scaled' },
    (pods) => pods.length === replicas && pods.every(isPodReady),
    { timeoutMs },
  );
}

/** Asks the steady service over and over, each time over a new connection, until told to stop; counts what failed. */
function keepAsking() {
  let isStopped = false;
  const failures: string[] = [];
  let count = 0;
  const finished = (async () => {
    while (!isStopped) {
      await new Promise<void>((resolve) => {
        const request = get({ host: address, port: 8080, path: '/json', agent: false }, (response) => {
          response.resume();
          response.once('close', () => {
            count += 1;
            if (response.statusCode !== 200 || !response.complete) failures.push(`status ${response.statusCode}`);
            resolve();
          });
        });
        request.once('error', (error) => {
          failures.push(error.message);
          resolve();
        });
      });
    }
  })();
  return {
    async stop() {
      isStopped = true;
      await finished;
      return { failures, count };
    },
  };
}

for (const name of ['kernel', ...serverTable.map((row) => row.name)]) {
  test(`killing ${name} while a Deployment is scaled: it converges, nothing else notices`, async () => {
    const before = new Map(rig.cell.servers().map((report) => [report.name, report.restartCount]));
    const deployments = rig.client.resource(resources.deployments, 'default');
    const scale = async (replicas: number): Promise<void> => {
      await persist(() => deployments.scale('scaled', replicas));
    };
    const asking = keepAsking();
    await scale(6);
    await rig.cell.killServer(name);
    await scale(2);
    await scale(5);
    await rig.cell.killServer(name);
    await scale(3);
    await converged(3);
    const { failures, count } = await asking.stop();
    // The gateway carries the connections themselves: what goes through it while it dies, dies with it.
    if (name !== 'gateway') assert.deepEqual(failures, [], `${failures.length} of ${count} requests failed`);
    for (const report of rig.cell.servers()) {
      const restarts = report.restartCount - (before.get(report.name) ?? 0);
      if (report.name === name) assert.ok(restarts >= 1, `${name} was started again`);
      else assert.equal(restarts, 0, `${report.name} ended as well: ${report.lastEnd}`);
    }
  });
}

test('after all that the steady pod is the one of the beginning, never restarted', async () => {
  const [pod] = (await rig.client.resource(resources.pods, 'default').list({ labelSelector: 'app=steady' })).items;
  assert.equal(pod?.status?.containerStatuses?.[0]?.restartCount, 0);
});

/** While the kernel is away connections to it are refused: as any client would, ask again. */
async function persist(attempt: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
