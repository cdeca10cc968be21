import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../kinds/json.ts';
import { openApi, pod, pods } from './test-api.ts';

const zone = { 'topology.kubernetes.io/zone': 'z1', 'topology.kubernetes.io/region': 'r1' };

test('a pod has the zone and region of the node it is bound to, or made for', async () => {
  await using api = await openApi();
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', labels: { ...zone, other: 'x' } } };
  assert.equal((await api.call('POST', '/api/v1/nodes', node)).status, 201);
  const labelsOf = async (name: string): Promise<unknown> =>
    ((await api.call('GET', `${pods}/${name}`)).body.metadata as JsonRecord).labels;
  await api.call('POST', pods, pod('bound'));
  const binding = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: 'bound' },
    target: { kind: 'Node', name: 'n' },
  };
  assert.equal((await api.call('POST', `${pods}/bound/binding`, binding)).status, 201);
  assert.deepEqual(await labelsOf('bound'), zone);
  await api.call('POST', pods, pod('made', { nodeName: 'n' }));
  assert.deepEqual(await labelsOf('made'), zone);
  await api.call('POST', pods, pod('nowhere', { nodeName: 'missing' }));
  assert.equal(await labelsOf('nowhere'), undefined);
});

test('search domains may begin with an underscore, as SRV records do', async () => {
  await using api = await openApi();
  const create = (name: string, search: string) =>
    api.call('POST', pods, pod(name, { dnsPolicy: 'ClusterFirst', dnsConfig: { searches: [search] } }));
  assert.equal((await create('a', '_sip._tcp.abc_d.example.com')).status, 201);
  assert.equal((await create('b', '-sip.example.com')).status, 422);
});
