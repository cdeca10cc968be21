/** Pods in virtual machines, with the real kubectl: what a person sees must be what they see of processes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { isPodReady, type Pod, resources } from '@diatom/sdk';
import { waitForObject, waitForObjects } from '@diatom/sdk/testing';
import { build } from '@diatom/seal';
import { createImageStore } from '@diatom/tender';
import { type CellRig, deployment, pod, service, startCellRig, stateOf } from './cell-rig.ts';
import { needsHvt } from './hvt.ts';
import { kubectl, needsKubectl } from './kubectl.ts';
import { checkout } from './tools/npm.ts';

const needs = needsHvt.skip === false ? needsKubectl : needsHvt;
const hvt = { runtimeClassName: 'hvt' } as const;
const perConnection = { 'diatom.dev/boot': 'per-connection' } as const;

/** Says how many requests this instance has answered: with a machine per connection that is the connection's own count. */
const counter = `import { serve, Request, Response } from "diatom/http";
let count = 0;
serve(8080, (request: Request): Response => Response.text((++count).toString()));
`;

const hoarder = `import { serve, Request, Response } from "diatom/http";
const kept = new Array<Uint8Array>();
serve(8080, (request: Request): Response => {
  while (true) kept.push(new Uint8Array(1 << 16));
});
`;

let rig: CellRig | undefined;

before(async () => {
  if (needs.skip !== false) return;
  rig = await startCellRig(['http']);
  await put('hello', join(checkout, 'examples/hello/hello.ts'));
  await put('counter', source('counter', counter));
  await put('hoarder', source('hoarder', hoarder));
});

after(async () => {
  await rig?.[Symbol.asyncDispose]();
});

function cell(): CellRig {
  assert.ok(rig !== undefined, 'the cell has been started');
  return rig;
}

function source(name: string, code: string): string {
  const directory = join(cell().directory, 'sources', name);
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${name}.ts`);
  writeFileSync(path, code);
  return path;
}

async function put(name: string, file: string): Promise<void> {
  const { manifest, layers } = await build({ file, name });
  await createImageStore(join(cell().directory, 'images')).put(name, manifest, layers);
}

/** Standard output of a kubectl that must succeed. */
async function run(line: string, input?: unknown): Promise<string> {
  const { code, stdout, stderr } = await kubectl(line.split(' '), {
    kubeconfig: cell().cell.kubeconfigPath,
    home: join(cell().directory, 'home'),
    timeoutMs: 60_000,
    ...(input === undefined ? {} : { input: JSON.stringify(input) }),
  });
  assert.equal(code, 0, `kubectl ${line}: ${stderr}\n${cell().lines.slice(-20).join('\n')}`);
  return stdout;
}

const patient = { timeoutMs: 40_000 };

const pods = () => cell().client.resource(resources.pods, 'default');

const onePod = (name: string, fits: (subject: Pod) => boolean): Promise<Pod> =>
  waitForObject(cell().client, resources.pods, `default/${name}`, fits, patient);

/** The only pod of an application. */
async function podOf(app: string, fits: (subject: Pod) => boolean): Promise<Pod> {
  const query = { namespace: 'default', labelSelector: `app=${app}` };
  const isIt = (all: readonly Pod[]): boolean => all.length === 1 && all.every(fits);
  const [found] = await waitForObjects(cell().client, resources.pods, query, isIt, patient);
  assert.ok(found !== undefined);
  return found;
}

const restarts = (subject: Pod): number => subject.status?.containerStatuses?.[0]?.restartCount ?? 0;
const lastEnd = (subject: Pod) => subject.status?.containerStatuses?.[0]?.lastState?.terminated;

/** On a connection of its own. */
function ask(host: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host, port: 8080, path, agent: false }, (response) => {
      text(response).then(resolve, reject);
    }).once('error', reject);
  });
}

test('the example boots on request as a virtual machine and sleeps again', needs, async () => {
  assert.match(await run('get node here -o yaml'), /runtimeHandlers:[\s\S]*name: hvt/);
  await run(`apply -f ${join(checkout, 'examples/hello/hello-hvt.yaml')}`);
  assert.match(await run('rollout status deployment/hello-hvt --timeout=40s'), /successfully rolled out/);
  assert.match(await run('get pods -l app=hello-hvt'), /\s1\/1\s+Asleep\s+0\s/);
  const address = await run('get service hello-hvt -o jsonpath={.spec.clusterIP}');
  assert.equal(await ask(address, '/'), 'hello\n');
  await podOf('hello-hvt', (subject) => stateOf(subject) === 'running');
  await podOf('hello-hvt', (subject) => stateOf(subject) === 'Asleep');
  assert.equal(await ask(address, '/'), 'hello\n');
  await run('delete deployment,service hello-hvt');
});

test('logs, probes, exit codes and restarts are those of any pod', needs, async () => {
  const probe = { httpGet: { path: '/json', port: 8080 }, periodSeconds: 1 };
  await run('apply -f -', pod('plain', 'http', hvt, { readinessProbe: probe, livenessProbe: probe }));
  const ready = await onePod('plain', isPodReady);
  assert.equal(await run('logs plain'), 'ready\n');
  const address = ready.status?.podIP ?? '';
  await assert.rejects(ask(address, '/exit?code=7'));
  const again = await onePod('plain', (subject) => restarts(subject) === 1 && isPodReady(subject));
  assert.equal(lastEnd(again)?.exitCode, 7);
  await assert.rejects(ask(address, '/trap'));
  // The second end within a short time waits for its turn, as a process does.
  const trapped = await onePod('plain', (subject) => stateOf(subject) === 'CrashLoopBackOff');
  assert.match(lastEnd(trapped)?.reason ?? '', /Trap|Error/);
  await run('delete pod plain --timeout=40s');

  const failing = { httpGet: { path: '/status?code=500', port: 8080 }, periodSeconds: 1, failureThreshold: 1 };
  await run('apply -f -', pod('unwell', 'http', hvt, { livenessProbe: failing }));
  await onePod('unwell', (subject) => restarts(subject) >= 1);
  await run('delete pod unwell --timeout=40s');
});

test("a pod's memory limit is the machine's", needs, async () => {
  const limits = { resources: { limits: { memory: '4Mi' } } };
  await run('apply -f -', pod('hoarder', 'hoarder', { ...hvt, restartPolicy: 'Never' }, limits));
  const { status } = await onePod('hoarder', isPodReady);
  await assert.rejects(ask(status?.podIP ?? '', '/'));
  const failed = await onePod('hoarder', (subject) => subject.status?.phase === 'Failed');
  const end = failed.status?.containerStatuses?.[0]?.state?.terminated;
  assert.equal(end?.reason, 'OOMKilled');
  assert.match(end?.message ?? '', /the limit is 4\.0 MiB/);
  await run('delete pod hoarder --timeout=40s');
});

test('every connection has a machine of its own when the pod says so', needs, async () => {
  const wanted = deployment('counter', { image: 'counter' });
  const { template } = wanted.spec;
  const annotated = {
    ...wanted,
    spec: {
      ...wanted.spec,
      template: {
        metadata: { ...template.metadata, annotations: perConnection },
        spec: { ...template.spec, ...hvt },
      },
    },
  };
  await run('apply -f -', { apiVersion: 'v1', kind: 'List', items: [annotated, service('counter', 8080)] });
  assert.match(await run('rollout status deployment/counter --timeout=40s'), /successfully rolled out/);
  const address = await run('get service counter -o jsonpath={.spec.clusterIP}');
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(address, '/')));
  assert.deepEqual(new Set(answers), new Set(['1']));
  assert.match(await run('get pods -l app=counter'), /\s1\/1\s+Asleep\s+0\s/);
  await run('delete deployment,service counter');
});

test('a machine that runs for longer than its connection may is ended, and only that one', needs, async () => {
  const subject = pod('limited', 'counter', hvt);
  const annotations = { ...perConnection, 'diatom.dev/time-limit': '500ms' };
  await run('apply -f -', { ...subject, metadata: { ...subject.metadata, annotations } });
  const { status } = await onePod('limited', isPodReady);
  const address = status?.podIP ?? '';
  const silent = connect(8080, address);
  silent.on('error', () => {});
  const closed = once(silent, 'close');
  assert.equal(await ask(address, '/'), '1');
  await closed;
  assert.equal(await ask(address, '/'), '1');
  assert.equal(restarts(await pods().get('limited')), 0);
  await run('delete pod limited --timeout=40s');
});

test('a Service can ask for it, now and not any more', needs, async () => {
  await run('apply -f -', pod('shared', 'counter', hvt));
  await run('apply -f -', service('shared', 8080));
  await onePod('shared', (subject) => stateOf(subject) === 'running');
  const address = await run('get service shared -o jsonpath={.spec.clusterIP}');
  assert.deepEqual([await ask(address, '/'), await ask(address, '/')], ['1', '2']);
  await run('annotate service shared diatom.dev/boot=per-connection');
  await onePod('shared', (subject) => stateOf(subject) === 'Asleep');
  assert.deepEqual([await ask(address, '/'), await ask(address, '/')], ['1', '1']);
  await run('annotate service shared diatom.dev/boot-');
  await onePod('shared', (subject) => stateOf(subject) === 'running');
  assert.deepEqual([await ask(address, '/'), await ask(address, '/')], ['1', '2']);
  await run('delete pod,service shared --timeout=40s');
});

test('an agent that died does not forget who asked for a machine per connection', needs, async () => {
  const subject = pod('kept', 'counter', hvt);
  await run('apply -f -', { ...subject, metadata: { ...subject.metadata, annotations: perConnection } });
  await run('apply -f -', pod('late', 'counter', hvt));
  await run('apply -f -', service('late', 8080));
  const { status } = await onePod('kept', isPodReady);
  await onePod('late', (one) => stateOf(one) === 'running');
  const services = cell().client.resource(resources.services, 'default');
  await Promise.all([
    cell().cell.killServer('agent'),
    services.patch('late', { kind: 'merge', changes: { metadata: { annotations: perConnection } } }),
  ]);
  const late = await onePod('late', (one) => stateOf(one) === 'Asleep' && isPodReady(one));
  for (const address of [status?.podIP ?? '', late.status?.podIP ?? '']) {
    assert.deepEqual([await ask(address, '/'), await ask(address, '/')], ['1', '1']);
  }
  assert.doesNotMatch(await run('events --for pod/kept'), /Killing/);
  await run('delete pod,service kept late --ignore-not-found --timeout=40s');
});
