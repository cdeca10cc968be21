import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../kinds/json.ts';
import { openApi } from './test-api.ts';

const group = '/apis/resource.k8s.io/v1/namespaces/default';
const mergePatch = { 'content-type': 'application/merge-patch+json' };

const spec = (adminAccess: boolean): JsonRecord => ({
  devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu', adminAccess } }] },
});

test('a claim past the claims of others needs a namespace that is marked for it', async () => {
  await using api = await openApi();
  const forms: readonly (readonly [string, (admin: boolean) => JsonRecord])[] = [
    ['resourceclaims', (admin) => ({ metadata: { generateName: 'c-' }, spec: spec(admin) })],
    ['resourceclaimtemplates', (admin) => ({ metadata: { generateName: 't-' }, spec: { spec: spec(admin) } })],
  ];
  for (const [resource, make] of forms) {
    assert.equal((await api.call('POST', `${group}/${resource}`, make(false))).status, 201, resource);
    const refused = await api.call('POST', `${group}/${resource}`, make(true));
    assert.equal(refused.status, 403, resource);
    assert.match(String(refused.body.message), /requires the `resource\.kubernetes\.io\/admin-access: true` label/);
  }
  const labels = { 'resource.kubernetes.io/admin-access': 'true' };
  await api.call('PATCH', '/api/v1/namespaces/default', { metadata: { labels } }, mergePatch);
  for (const [resource, make] of forms)
    assert.equal((await api.call('POST', `${group}/${resource}`, make(true))).status, 201, resource);
});
