/** RuntimeClasses and what goes with them in a whole cell, as kubectl shows it. Needs no KVM. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Event, type Node, type Pod, podCondition, resources } from '@diatom/sdk';
import { waitForObject, waitForObjects } from '@diatom/sdk/testing';
import { type CellRig, deployment, pod, service, startCellRig, stateOf } from './cell-rig.ts';
import { kubectl, needsKubectl } from './kubectl.ts';

let rig: CellRig;

before(async () => {
  rig = await startCellRig(['http']);
});

after(async () => {
  await rig[Symbol.asyncDispose]();
});

const pods = () => rig.client.resource(resources.pods, 'default');

const onePod = (name: string, fits: (subject: Pod) => boolean) =>
  waitForObject(rig.client, resources.pods, `default/${name}`, fits, { timeoutMs: 40_000 });

async function tryKubectl(line: string, input?: unknown) {
  return await kubectl(line.split(' '), {
    kubeconfig: rig.cell.kubeconfigPath,
    home: join(rig.directory, 'home'),
    timeoutMs: 60_000,
    ...(input === undefined ? {} : { input: JSON.stringify(input) }),
  });
}

const conditionOf = (node: Node, type: string) => node.status?.conditions?.find((one) => one.type === type);

test('a cell has the classes process and hvt, and its node says which of them it runs and why not', async () => {
  const { items } = await rig.client.resource(resources.runtimeClasses).list();
  assert.deepEqual(
    items.map(({ metadata, handler }) => [metadata.name, handler]),
    [
      ['hvt', 'hvt'],
      ['process', 'process'],
    ],
  );
  const node = await rig.client.resource(resources.nodes).get('here');
  const handlers = node.status?.runtimeHandlers?.map(({ name }) => name);
  const hvt = conditionOf(node, 'HvtAvailable');
  if (hvt?.status === 'True') {
    assert.deepEqual(handlers, ['', 'process', 'hvt']);
    assert.equal(node.metadata.labels?.['diatom.dev/hvt'], 'true');
  } else {
    assert.deepEqual(handlers, ['', 'process']);
    assert.equal(node.metadata.labels?.['diatom.dev/hvt'], undefined);
    assert.match(hvt?.message ?? '', /^.{5,300}$/);
  }
});

test('a class that is not there is forbidden, one that is runs', needsKubectl, async () => {
  const refused = await tryKubectl('apply -f -', pod('unknown', 'http', { runtimeClassName: 'gvisor' }));
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /\(Forbidden\).*pods "unknown" is forbidden: pod rejected: RuntimeClass "gvisor" not found/,
  );
  const accepted = await tryKubectl('apply -f -', pod('known', 'http', { runtimeClassName: 'process' }));
  assert.equal(accepted.code, 0, accepted.stderr);
  await onePod('known', (subject) => stateOf(subject) === 'running');
  await pods().delete('known', { gracePeriodSeconds: 0 });
});

test('a Deployment of a class that is not there says so in the events of its ReplicaSet', needsKubectl, async () => {
  const wanted = deployment('nowhere', { image: 'http' });
  const template = { ...wanted.spec.template, spec: { ...wanted.spec.template.spec, runtimeClassName: 'gvisor' } };
  await rig.client.resource(resources.deployments, 'default').create({ ...wanted, spec: { ...wanted.spec, template } });
  const isIt = (all: readonly Event[]): boolean => all.some(({ reason }) => reason === 'FailedCreate');
  const events = await waitForObjects(rig.client, resources.events, { namespace: 'default' }, isIt, {
    timeoutMs: 40_000,
  });
  const message = events.find(({ reason }) => reason === 'FailedCreate')?.message ?? '';
  assert.match(message, /forbidden: pod rejected: RuntimeClass "gvisor" not found/);
  await rig.client.resource(resources.deployments, 'default').delete('nowhere');
});

test('a pod whose class selects nodes that are not there waits, and the scheduler says so', async () => {
  await rig.client.resource(resources.runtimeClasses).create({
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    metadata: { name: 'elsewhere' },
    handler: 'hvt',
    scheduling: { nodeSelector: { 'example.com/machine': 'big' } },
  });
  const created = await pods().create(pod('waits', 'http', { runtimeClassName: 'elsewhere' }));
  assert.deepEqual(created.spec.nodeSelector, { 'example.com/machine': 'big' });
  const waiting = await onePod('waits', (subject) => podCondition(subject, 'PodScheduled')?.status === 'False');
  assert.equal(waiting.status?.phase, 'Pending');
  assert.match(
    podCondition(waiting, 'PodScheduled')?.message ?? '',
    /^0\/1 nodes are available: 1 node\(s\) didn't match Pod's node affinity\/selector \(example\.com\/machine=big\)\.$/,
  );
  await pods().delete('waits');
});

test('a pod that is active for longer than it may is stopped and has failed', needsKubectl, async () => {
  await pods().create(pod('overdue', 'http', { activeDeadlineSeconds: 1 }));
  await onePod('overdue', (subject) => stateOf(subject) === 'running');
  const failed = await onePod('overdue', (subject) => subject.status?.phase === 'Failed');
  assert.equal(failed.status?.reason, 'DeadlineExceeded');
  assert.equal(failed.status?.message, 'Pod was active on the node longer than the specified deadline');
  assert.match(stateOf(failed), /Completed|Killed/);
  const shown = await tryKubectl('describe pod overdue');
  assert.match(shown.stdout, /Status:\s+Failed\nReason:\s+DeadlineExceeded\n/);
  await pods().delete('overdue');
});

test('an instance per connection is refused to a pod that is not a virtual machine, whoever asks', async () => {
  const annotations = { 'diatom.dev/boot': 'per-connection' };
  const subject = pod('shared', 'http');
  await pods().create({ ...subject, metadata: { ...subject.metadata, annotations } });
  const blocked = await onePod('shared', (one) => stateOf(one) === 'CreateContainerConfigError');
  const message = blocked.status?.containerStatuses?.[0]?.state?.waiting?.message ?? '';
  assert.match(message, /annotation diatom\.dev\/boot: an instance per connection needs runtimeClassName: hvt/);
  await pods().delete('shared');

  await pods().create(pod('asked', 'http'));
  await onePod('asked', (one) => stateOf(one) === 'running');
  const services = rig.client.resource(resources.services, 'default');
  const wish = service('asked', 8080);
  await services.create({ ...wish, metadata: { ...wish.metadata, annotations } });
  const stopped = await onePod('asked', (one) => stateOf(one) === 'CreateContainerConfigError');
  const why = stopped.status?.containerStatuses?.[0]?.state?.waiting?.message ?? '';
  assert.match(why, /annotation diatom\.dev\/boot of Service asked: /);
  await services.delete('asked');
  await onePod('asked', (one) => stateOf(one) === 'running');
  await pods().delete('asked');
});

test('a Service that asks for an instance per connection of nobody in particular is not served', async () => {
  const services = rig.client.resource(resources.services, 'default');
  const plain = service('aimless', 8080);
  const annotations = { 'diatom.dev/boot': 'per-connection' };
  const { selector: _, ...spec } = plain.spec ?? {};
  await services.create({ ...plain, metadata: { ...plain.metadata, annotations }, spec });
  const isIt = (all: readonly Event[]): boolean => all.some(({ reason }) => reason === 'NotServed');
  const events = await waitForObjects(rig.client, resources.events, { namespace: 'default' }, isIt, {
    timeoutMs: 40_000,
  });
  assert.match(events.find(({ reason }) => reason === 'NotServed')?.message ?? '', /without a selector/);
  await services.delete('aimless');
});
