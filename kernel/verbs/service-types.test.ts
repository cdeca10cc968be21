import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordAt } from '../kinds/json.ts';
import { openApi } from './test-api.ts';

const services = '/api/v1/namespaces/default/services';
const merge = { 'content-type': 'application/merge-patch+json' };

test('a service changes its type and leaves behind what belonged to the old one', async () => {
  await using api = await openApi();
  const spec = { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30080 }], selector: { app: 'a' } };
  const created = await api.call('POST', services, { metadata: { name: 'a' }, spec });
  assert.equal(created.status, 201, created.text);
  assert.equal(recordAt(created.body, 'spec').allocateLoadBalancerNodePorts, true);
  for (const type of ['NodePort', 'ClusterIP', 'LoadBalancer', 'ClusterIP']) {
    const { status, body, text } = await api.call('PATCH', `${services}/a`, { spec: { type } }, merge);
    assert.equal(status, 200, text);
    const { externalTrafficPolicy, allocateLoadBalancerNodePorts } = recordAt(body, 'spec');
    assert.equal(externalTrafficPolicy, type === 'ClusterIP' ? undefined : 'Cluster');
    assert.equal(allocateLoadBalancerNodePorts, type === 'LoadBalancer' ? true : undefined);
  }
  const external = { spec: { type: 'ExternalName', externalName: 'example.com' } };
  const named = await api.call('PATCH', `${services}/a`, external, merge);
  assert.equal(named.status, 200, named.text);
  const affinity = { spec: { type: 'ClusterIP', externalName: null, sessionAffinity: 'ClientIP' } };
  const sticky = await api.call('PATCH', `${services}/a`, affinity, merge);
  assert.equal(sticky.status, 200, sticky.text);
  const loose = await api.call('PATCH', `${services}/a`, { spec: { sessionAffinity: 'None' } }, merge);
  assert.equal(loose.status, 200, loose.text);
  assert.equal(recordAt(loose.body, 'spec').sessionAffinityConfig, undefined);
});
