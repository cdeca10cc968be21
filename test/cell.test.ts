/** A whole cell: from a Deployment that sleeps to answers, logs, crash loops and refusals, as kubectl's user sees them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isPodReady, type Pod, resources } from '@diatom/sdk';
import { waitForGone, waitForObject, waitForObjects } from '@diatom/sdk/testing';
import { createImageStore } from '@diatom/tender';
import { type CellRig, deployment, pod, service, startCellRig, stateOf } from './cell-rig.ts';

/** Long enough for a machine that runs many tests at once; nothing here waits for it when all is well. */
const patient = { timeoutMs: 40_000 };

let rig: CellRig;

before(async () => {
  rig = await startCellRig(['http', 'system', 'echo']);
});

after(async () => {
  await rig[Symbol.asyncDispose]();
});

/** One request over one connection; rejects when the answer is not complete. */
function request(host: string, port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => {
      text += part;
    });
    socket.on('error', reject);
    socket.on('close', () => {
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) reject(new Error(`no answer: ${JSON.stringify(text)}`));
      else resolve(text.slice(end + 4));
    });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n`);
  });
}

const onePod = async (app: string, holds: (subject: Pod) => boolean): Promise<Pod> => {
  const query = { namespace: 'default', labelSelector: `app=${app}` };
  const [found] = await waitForObjects(
    rig.client,
    resources.pods,
    query,
    ([first, ...rest]) => rest.length === 0 && first !== undefined && holds(first),
    patient,
  );
  assert.ok(found !== undefined);
  return found;
};

const addressOf = async (name: string): Promise<string> => {
  const found = await waitForObject(
    rig.client,
    resources.services,
    `default/${name}`,
    ({ spec }) => (spec?.clusterIP ?? '') !== '',
    patient,
  );
  return found.spec?.clusterIP ?? '';
};

const eventsAbout = (name: string, reason: string) =>
  waitForObjects(
    rig.client,
    resources.events,
    { namespace: 'default', fieldSelector: `involvedObject.name=${name}` },
    (events) => events.some((event) => event.reason === reason),
    patient,
  ).then((events) => events.find((event) => event.reason === reason));

const deployments = () => rig.client.resource(resources.deployments, 'default');
const services = () => rig.client.resource(resources.services, 'default');
const pods = () => rig.client.resource(resources.pods, 'default');

test('a Deployment sleeps, a request boots it and is answered, and it sleeps again', async () => {
  await deployments().create(deployment('sleeper', { image: 'http', idleTimeout: '300ms' }));
  await services().create(service('sleeper', 8080));
  const asleep = await onePod('sleeper', (subject) => stateOf(subject) === 'Asleep');
  assert.ok(isPodReady(asleep));
  const address = await addressOf('sleeper');
  assert.equal(await request(address, 8080, '/parameter?name=first'), '<first>');
  await onePod('sleeper', (subject) => stateOf(subject) === 'running');
  const again = await onePod('sleeper', (subject) => stateOf(subject) === 'Asleep');
  assert.equal(again.status?.containerStatuses?.[0]?.restartCount, 0);
  assert.match(again.status?.containerStatuses?.[0]?.state?.waiting?.message ?? '', /booted 1 times/);
});

test('1,000 connections at once at a sleeping service are all answered', async () => {
  const address = await addressOf('sleeper');
  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, index) => request(address, 8080, `/parameter?name=${index}`)),
  );
  answers.forEach((answer, index) => {
    assert.equal(answer, `<${index}>`);
  });
});

test('a connection that arrives before there is a pod waits for it', async () => {
  await services().create(service('early', 8080));
  const address = await addressOf('early');
  const answer = retryWhileRefused(() => request(address, 8080, '/json'));
  await deployments().create(deployment('early', { image: 'http' }));
  assert.equal(await answer, '{"ok":true}');
});

/** Until the gateway listens a connection is refused, as on any machine. */
async function retryWhileRefused<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

test('environment comes from values, fields, ConfigMaps and Secrets; the log has what the container said', async () => {
  await rig.client.resource(resources.configMaps, 'default').create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'words', namespace: 'default' },
    data: { greeting: 'good day' },
  });
  const env = [{ name: 'GREETING', valueFrom: { configMapKeyRef: { name: 'words', key: 'greeting' } } }];
  await pods().create(pod('talker', 'system', { restartPolicy: 'Never' }, { env }));
  await onePod('talker', ({ status }) => status?.phase === 'Succeeded');
  const log = await pods().logs('talker');
  assert.match(log, /^GREETING=good day\n/);
  assert.match(log, /ünïcode ✓\nx{10000}\n$/);
  assert.match(await pods().logs('talker', { tailLines: 1 }), /^x+\n$/);
  await pods().delete('talker');
  await waitForGone(rig.client, resources.pods, 'default/talker', patient);
});

test('a log is followed until the container ends', async () => {
  await pods().create(pod('followed', 'http', { restartPolicy: 'Never' }));
  const { status } = await onePod('followed', (subject) => stateOf(subject) === 'running');
  const lines = await pods().followLogs('followed');
  const collected = (async () => {
    const all: string[] = [];
    for await (const line of lines) all.push(line);
    return all;
  })();
  await assert.rejects(request(status?.podIP ?? '', 8080, '/exit?code=3'));
  assert.deepEqual(await collected, ['ready']);
  const ended = await onePod('followed', (subject) => subject.status?.phase === 'Failed');
  assert.equal(ended.status?.containerStatuses?.[0]?.state?.terminated?.exitCode, 3);
});

test('a container that keeps ending backs off, counts its restarts, and keeps the log before', async () => {
  await pods().create(pod('looper', 'system'));
  const looping = await onePod('looper', (subject) => stateOf(subject) === 'CrashLoopBackOff');
  const status = looping.status?.containerStatuses?.[0];
  assert.equal(status?.restartCount, 1);
  assert.match(
    status?.state?.waiting?.message ?? '',
    /^back-off 10s restarting failed container=main pod=looper_default\(/,
  );
  assert.equal(status?.lastState?.terminated?.reason, 'Completed');
  assert.equal(looping.status?.phase, 'Running');
  assert.ok(!isPodReady(looping));
  assert.match(await pods().logs('looper', { previous: true }), /^GREETING=unset\n/);
  assert.equal(
    (await eventsAbout('looper', 'BackOff'))?.message?.startsWith('Back-off restarting failed container main'),
    true,
  );
  await pods().delete('looper', { gracePeriodSeconds: 0 });
});

test('a lazy pod that crashes is started again and answers the next request', async () => {
  await deployments().create(deployment('fragile', { image: 'http', idleTimeout: '5s' }));
  await services().create(service('fragile', 8080));
  const asleep = await onePod('fragile', (subject) => stateOf(subject) === 'Asleep');
  const address = await addressOf('fragile');
  await assert.rejects(retryWhileRefused(() => request(address, 8080, '/exit?code=7')));
  // Asleep again, not only counted: a connection that meets the old slot in its last moment is reset.
  const after = await onePod(
    'fragile',
    (subject) => subject.status?.containerStatuses?.[0]?.restartCount === 1 && stateOf(subject) === 'Asleep',
  );
  assert.equal(after.metadata.uid, asleep.metadata.uid);
  assert.equal(after.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 7);
  assert.equal(await request(address, 8080, '/json'), '{"ok":true}');
});

test('what cannot be run says why: missing image, missing port, command, missing ConfigMap', async () => {
  const cases: readonly (readonly [string, Pod, string, RegExp])[] = [
    [
      'never',
      pod('never', 'nothing', {}, { imagePullPolicy: 'Never' }),
      'ErrImageNeverPull',
      /is not present with pull policy of Never/,
    ],
    [
      'absent',
      pod('absent', 'nothing'),
      'ErrImagePull',
      /not in this node's image store .* diatom build FILE -t nothing/,
    ],
    [
      'port',
      pod('port', 'http', {}, { ports: [{ containerPort: 9 }] }),
      'CreateContainerConfigError',
      /does not listen on 9; it listens on 8080/,
    ],
    [
      'command',
      pod('command', 'http', {}, { command: ['sh'] }),
      'CreateContainerConfigError',
      /command: an image has one entry/,
    ],
    [
      'map',
      pod('map', 'http', {}, { envFrom: [{ configMapRef: { name: 'none' } }] }),
      'CreateContainerConfigError',
      /configmap "none" not found/,
    ],
  ];
  await Promise.all(
    cases.map(async ([name, wanted, reason, words]) => {
      await pods().create(wanted);
      const waiting = await onePod(name, (subject) => stateOf(subject) === reason);
      assert.match(waiting.status?.containerStatuses?.[0]?.state?.waiting?.message ?? '', words);
      assert.equal(waiting.status?.phase, 'Pending');
      await pods().delete(name, { gracePeriodSeconds: 0 });
    }),
  );
});

test('a pod that waits for an image starts as soon as the image is there', async () => {
  await pods().create(pod('patient', 'patient'));
  await onePod('patient', (subject) => stateOf(subject) === 'ErrImagePull');
  const store = createImageStore(join(rig.directory, 'images'));
  const present = await store.get('http');
  assert.ok(present !== undefined);
  const { layers, ...manifest } = present.manifest;
  const bytesOf = async (role: string): Promise<Uint8Array> =>
    readFile(store.blobPath(layers.find((layer) => layer.role === role)?.digest ?? ''));
  const [wasm, native, symbols] = await Promise.all(['wasm', 'process', 'symbols'].map(bytesOf));
  assert.ok(wasm !== undefined && native !== undefined && symbols !== undefined);
  await store.put('patient', manifest, { wasm, process: native, symbols });
  await onePod('patient', isPodReady);
  await pods().delete('patient', { gracePeriodSeconds: 0 });
});

test('when the tender dies everything it ran is started again, and no restart is counted for what slept', async () => {
  await deployments().create(deployment('orphan', { image: 'http', idleTimeout: '60s' }));
  await services().create(service('orphan', 8080));
  await pods().create(pod('eager', 'http'));
  await onePod('orphan', (subject) => stateOf(subject) === 'Asleep');
  const eager = await onePod('eager', isPodReady);
  const killed = await tenderPids();
  for (const pid of killed) process.kill(pid, 'SIGKILL');
  // Until they are gone their sockets take connections, to reset them.
  for (const pid of killed) while ((await commandLine(pid)).length > 0) await new Promise(setImmediate);
  const address = await addressOf('orphan');
  assert.equal(await retryWhileRefused(() => request(address, 8080, '/json')), '{"ok":true}');
  assert.equal(await retryWhileRefused(() => request(eager.status?.podIP ?? '', 8080, '/json')), '{"ok":true}');
  assert.equal((await onePod('orphan', isPodReady)).status?.containerStatuses?.[0]?.restartCount, 0);
  await deployments().delete('orphan');
  await pods().delete('eager', { gracePeriodSeconds: 0 });
});

/** The tender of this cell is the only one that was started with its socket. */
async function tenderPids(): Promise<readonly number[]> {
  const socketPath = join(rig.directory, 'data', 'tender.sock');
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^[0-9]+$/.test(entry)) continue;
    if ((await commandLine(Number(entry))).includes(socketPath)) found.push(Number(entry));
  }
  assert.ok(found.length > 0, 'the tender was found');
  return found;
}

/** Empty for a process that has ended. */
async function commandLine(pid: number): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text === '' ? [] : text.split('\0');
}

test('two containers of a pod share its address', async () => {
  await pods().create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'pair', namespace: 'default', labels: { app: 'pair' } },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [
        { name: 'web', image: 'http' },
        { name: 'echo', image: 'echo' },
      ],
    },
  });
  const pair = await onePod('pair', isPodReady);
  assert.equal(await request(pair.status?.podIP ?? '', 8080, '/json'), '{"ok":true}');
  const socket = connect({ host: pair.status?.podIP ?? '', port: 7000 });
  socket.write('ping');
  const [echoed] = (await once(socket, 'data')) as [Buffer];
  assert.equal(echoed.toString(), 'ping');
  socket.destroy();
  assert.equal(await pods().logs('pair', { container: 'web' }), 'ready\n');
  await pods().delete('pair');
  await waitForGone(rig.client, resources.pods, 'default/pair', patient);
});

test('readiness follows its probe, and liveness restarts', async () => {
  const probe = (path: string) => ({ httpGet: { path, port: 8080 }, periodSeconds: 1, failureThreshold: 1 });
  await pods().create(pod('unready', 'http', {}, { readinessProbe: probe('/status?code=503') }));
  await pods().create(pod('unwell', 'http', {}, { livenessProbe: probe('/status?code=500') }));
  await pods().create(pod('well', 'http', {}, { readinessProbe: probe('/json'), livenessProbe: probe('/json') }));
  await onePod('well', isPodReady);
  assert.match(
    (await eventsAbout('unready', 'Unhealthy'))?.message ?? '',
    /Readiness probe failed: HTTP probe failed with statuscode: 503/,
  );
  assert.equal(isPodReady(await pods().get('unready')), false);
  await onePod('unwell', ({ status }) => (status?.containerStatuses?.[0]?.restartCount ?? 0) >= 1);
  await Promise.all(['unready', 'unwell', 'well'].map((name) => pods().delete(name, { gracePeriodSeconds: 0 })));
});

test('a NodePort is listened on, and the API answers behind the Service kubernetes', async () => {
  await services().create(service('outside', 8080, { type: 'NodePort', selector: { app: 'early' } }));
  const found = await waitForObject(
    rig.client,
    resources.services,
    'default/outside',
    ({ spec }) => (spec?.ports?.[0]?.nodePort ?? 0) > 0,
    patient,
  );
  const port = found.spec?.ports?.[0]?.nodePort ?? 0;
  assert.ok(port >= 30_000 && port <= 32_767);
  assert.equal(await retryWhileRefused(() => request('127.0.0.1', port, '/json')), '{"ok":true}');
  const api = await rig.client.resource(resources.services, 'default').get('kubernetes');
  assert.equal(api.spec?.clusterIP, rig.cell.serviceCidr.replace('.0/17', '.1'));
});

test('deleting a Deployment leaves no pod', async () => {
  for (const name of ['sleeper', 'early', 'fragile']) await deployments().delete(name);
  await waitForObjects(
    rig.client,
    resources.pods,
    { namespace: 'default', labelSelector: 'app in (sleeper,early,fragile)' },
    (all) => all.length === 0,
    patient,
  );
});

test('after an orderly stop everything is there again, and pods run', async () => {
  await deployments().create(deployment('steady', { image: 'http' }));
  await services().create(service('steady', 8080));
  const before = await onePod('steady', isPodReady);
  const address = await addressOf('steady');
  const { address: url } = rig.cell;
  await rig.restart();
  assert.equal(rig.cell.address, url);
  const after = await onePod('steady', isPodReady);
  assert.equal(after.status?.podIP, before.status?.podIP);
  assert.equal(await retryWhileRefused(() => request(address, 8080, '/json')), '{"ok":true}');
});
