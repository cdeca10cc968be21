/**
 * kill -9 of a whole cell at random moments under load, again and again: every acknowledged write is there afterwards,
 * a watch that resumes has seen every event once, and pods that ran are found running, by the same instance.
 * DIATOM_CRASH_ROUNDS=50 for the full run, SEED to repeat one.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ApiError, type Client, type ConfigMap, connect, isPodReady, resources } from '@diatom/sdk';
import { seededRandom, waitForObject, waitForObjects } from '@diatom/sdk/testing';
import { deployment, prepareDirectory, service } from './cell-rig.ts';

const rounds = Number(process.env.DIATOM_CRASH_ROUNDS ?? 5);
const random = seededRandom(20261121);
const namespace = 'default';
const labelSelector = 'load=yes';
const writerCount = 4;

const { directory, binaryPath } = await prepareDirectory(['http']);
let child: ChildProcess | undefined;

after(async () => {
  if (child?.exitCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  rmSync(directory, { recursive: true, force: true });
});

interface Started {
  readonly kubeconfigPath: string;
  readonly readyMs: number;
}

async function start(): Promise<Started> {
  const words = [
    join(import.meta.dirname, 'cell-process.ts'),
    join(directory, 'data'),
    join(directory, 'images'),
    binaryPath,
  ];
  child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const { stdout } = child;
  assert.ok(stdout !== null);
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the cell ended before it was ready')));
  const [line] = (await Promise.race([once(stdout, 'data'), ended])) as [Buffer];
  ended.catch(() => {});
  return JSON.parse(line.toString()) as Started;
}

async function kill(): Promise<void> {
  assert.ok(child !== undefined);
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** What is known of one name: the value it must have, or the values it may have when an answer never came. */
type Expected =
  | { readonly kind: 'known'; readonly value: string | undefined }
  | { readonly kind: 'either'; readonly values: readonly (string | undefined)[] };

const expected = new Map<string, Expected>();
/** Revisions of acknowledged writes: each must be in the history. */
const acknowledged = new Set<number>();

function valuesOf(name: string): readonly (string | undefined)[] {
  const entry = expected.get(name);
  if (entry === undefined) return [undefined];
  return entry.kind === 'known' ? [entry.value] : entry.values;
}

const configMap = (name: string, value: string): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, labels: { load: 'yes' } },
  data: { value },
});

/** Writes to its own names until an attempt finds nobody to answer. */
async function write(client: Client, writer: number, serial: () => number): Promise<void> {
  const maps = client.resource(resources.configMaps, namespace);
  for (;;) {
    const name = `w${writer}-${random.below(6)}`;
    const value = `${serial()}`;
    const possible = valuesOf(name);
    const mayExist = possible.some((one) => one !== undefined);
    const isDelete = mayExist && random.below(4) === 0;
    const next = isDelete ? undefined : value;
    try {
      if (isDelete) {
        await maps.delete(name);
      } else {
        const written = mayExist
          ? await maps.update(configMap(name, value))
          : await maps.create(configMap(name, value));
        acknowledged.add(Number(written.metadata.resourceVersion));
      }
      expected.set(name, { kind: 'known', value: next });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code === 503) {
        // No answer came: done or not done, both are right.
        expected.set(name, { kind: 'either', values: [...new Set([...possible, next])] });
        return;
      }
      // It was in doubt, and this answer settles it: it is not there (404) or there after all (409).
      assert.ok(possible.length > 1, `${name}: ${error.message}`);
      assert.ok(error.code === 404 || error.code === 409, error.message);
      const present = await readValue(client, name);
      if (present === 'unknown') return;
      assert.ok(possible.includes(present.value), `${name} has ${present.value}, possible are ${possible.join(', ')}`);
      expected.set(name, { kind: 'known', value: present.value });
    }
  }
}

async function readValue(client: Client, name: string): Promise<'unknown' | { readonly value: string | undefined }> {
  try {
    return { value: (await client.resource(resources.configMaps, namespace).get(name)).data?.value };
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return { value: undefined };
    return 'unknown';
  }
}

interface Seen {
  readonly type: string;
  readonly name: string;
  readonly revision: number;
}

/** Watches from a revision until the connection breaks or `until` is reached; appends what it sees. */
async function watchFrom(
  client: Client,
  seen: Seen[],
  from: number,
  signal: AbortSignal,
  until = Number.POSITIVE_INFINITY,
): Promise<void> {
  const resourceVersion = String(seen.at(-1)?.revision ?? from);
  try {
    const events = await client
      .resource(resources.configMaps, namespace)
      .watch({ labelSelector, resourceVersion, signal });
    for await (const { type, object } of events) {
      const revision = Number(object.metadata.resourceVersion);
      seen.push({ type, name: object.metadata.name ?? '', revision });
      if (revision >= until) return;
    }
  } catch (error) {
    if (error instanceof ApiError && error.code !== 503) throw error;
  }
}

function answers(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host, port: 8080, path: '/json', agent: false, timeout: 5_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve(text));
    }).on('error', reject);
  });
}

test(`${rounds} times kill -9 under load: nothing acknowledged is lost, no event is lost or doubled, pods go on`, async (context) => {
  context.diagnostic(`seed ${random.seed}`);
  let count = 0;
  const serial = (): number => {
    count += 1;
    return count;
  };
  const readyTimes: number[] = [];
  let { kubeconfigPath, readyMs } = await start();
  readyTimes.push(readyMs);
  let client = connect({ kubeconfig: kubeconfigPath });
  await client.resource(resources.deployments, namespace).create(deployment('steady', { image: 'http' }));
  await client
    .resource(resources.deployments, namespace)
    .create(deployment('scaled', { image: 'http', idleTimeout: '1s' }));
  await client.resource(resources.services, namespace).create(service('steady', 8080));
  const steadyPod = async () => {
    const query = { namespace, labelSelector: 'app=steady' };
    const [pod] = await waitForObjects(
      client,
      resources.pods,
      query,
      (pods) => pods.length === 1 && pods.every(isPodReady),
      { timeoutMs: 20_000 },
    );
    return pod;
  };
  const first = await steadyPod();
  const list = await client.resource(resources.configMaps, namespace).list({ labelSelector });
  const from = Number(list.metadata.resourceVersion);
  const seen: Seen[] = [];

  for (let round = 0; round < rounds; round += 1) {
    const stop = new AbortController();
    const watching = watchFrom(client, seen, from, stop.signal);
    const writers = Array.from({ length: writerCount }, (_, writer) => write(client, writer, serial));
    const scaling = client
      .resource(resources.deployments, namespace)
      .scale('scaled', 1 + random.below(8))
      .catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50 + random.below(400)));
    await kill();
    await Promise.all([...writers, scaling]);
    // A connection that was cut may be noticed late; the test need not wait for it.
    stop.abort();
    await watching.catch((error: unknown) => assert.ok(stop.signal.aborted, String(error)));
    await client.close();

    ({ kubeconfigPath, readyMs } = await start());
    readyTimes.push(readyMs);
    client = connect({ kubeconfig: kubeconfigPath });
    for (const name of expected.keys()) {
      const present = await readValue(client, name);
      assert.ok(present !== 'unknown');
      const possible = valuesOf(name);
      assert.ok(
        possible.includes(present.value),
        `round ${round}: ${name} is ${present.value}, acknowledged was ${possible.join(' or ')}`,
      );
      expected.set(name, { kind: 'known', value: present.value });
    }
    const pod = await steadyPod();
    assert.equal(pod?.metadata.uid, first?.metadata.uid);
    const [status, before] = [pod?.status?.containerStatuses?.[0], first?.status?.containerStatuses?.[0]];
    assert.equal(status?.restartCount, 0, 'the instance was found, not replaced');
    assert.equal(status?.state?.running?.startedAt, before?.state?.running?.startedAt);
    const { spec } = await client.resource(resources.services, namespace).get('steady');
    assert.equal(await answers(spec?.clusterIP ?? ''), '{"ok":true}');
  }

  await client.resource(resources.deployments, namespace).scale('scaled', 2);
  await waitForObject(
    client,
    resources.deployments,
    `${namespace}/scaled`,
    ({ status }) => status?.readyReplicas === 2 && status.replicas === 2,
    { timeoutMs: 30_000 },
  );

  // The watch that was cut off again and again has seen what one uninterrupted watch sees.
  const last = await client.resource(resources.configMaps, namespace).create(configMap('end', 'end'));
  const end = Number(last.metadata.resourceVersion);
  const whole: Seen[] = [];
  const signal = AbortSignal.timeout(20_000);
  await Promise.all([watchFrom(client, seen, from, signal, end), watchFrom(client, whole, from, signal, end)]);
  assert.deepEqual(seen, whole);
  const revisions = whole.map(({ revision }) => revision);
  assert.deepEqual(
    revisions,
    [...new Set(revisions)].sort((a, b) => a - b),
    'in order, each once',
  );
  const history = new Set(revisions);
  for (const revision of acknowledged)
    assert.ok(history.has(revision), `revision ${revision} was acknowledged and is not in the history`);
  await client.close();
  const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child?.pid}/status`, 'utf8'))?.[1];
  context.diagnostic(`the cell has ${Math.round(Number(resident) / 1000)} MB resident after the load`);
  context.diagnostic(
    `${acknowledged.size} acknowledged writes, ${whole.length} events, ready after ${readyTimes.map((ms) => ms.toFixed(0)).join(' ')} ms`,
  );
});
