/** Admission of a whole kernel: what holds across a restart, and who is asked about what in a crowd. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, configMap, startKernel } from './kernel.ts';
import { type ReviewRequest, serveWebhooks } from './webhook-server.ts';

const group = '/apis/admissionregistration.k8s.io/v1';
const configMaps = '/api/v1/namespaces/default/configmaps';
const mergePatch = { 'content-type': 'application/merge-patch+json' };
const rules = [{ operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }];

test('webhooks and policies are in force again after a restart', async () => {
  await using server = await serveWebhooks({
    '/deny': () => ({ allowed: false, status: { message: 'closed' } }),
  });
  await using kernel = await startKernel();
  const before = kernel.port();
  const webhook = {
    name: 'deny.example.com',
    clientConfig: server.client('/deny'),
    rules,
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    matchConditions: [{ name: 'some', expression: "request.operation != 'CREATE' || 'closed' in object.data" }],
  };
  const policy = {
    matchConstraints: { resourceRules: rules },
    validations: [{ expression: "!('wrong' in object.data)" }],
  };
  for (const [resource, object] of [
    ['validatingwebhookconfigurations', { webhooks: [webhook] }],
    ['validatingadmissionpolicies', { spec: policy }],
    ['validatingadmissionpolicybindings', { spec: { policyName: 'kept', validationActions: ['Deny'] } }],
  ] as const) {
    const { status, body } = await call(before, 'POST', `${group}/${resource}`, {
      metadata: { name: 'kept' },
      ...object,
    });
    assert.equal(status, 201, JSON.stringify(body));
  }
  await kernel.restart();
  const api = kernel.port();
  assert.equal((await call(api, 'POST', configMaps, configMap('a', { closed: '' }))).status, 400);
  assert.equal((await call(api, 'POST', configMaps, configMap('b', { wrong: '' }))).status, 422);
  assert.equal((await call(api, 'POST', configMaps, configMap('c', { fine: '' }))).status, 201);
});

test('of many writers through a webhook none is lost and none overwrites another', async () => {
  const writers = 20;
  await using server = await serveWebhooks({
    // Counts in the object itself: two writers of one version would count once.
    '/count': ({ oldObject }: ReviewRequest) => {
      const data = (oldObject?.data ?? {}) as Readonly<Record<string, string>>;
      return { allowed: true, patch: [{ op: 'add', path: '/data/count', value: String(Number(data.count ?? 0) + 1) }] };
    },
  });
  await using kernel = await startKernel();
  const api = kernel.port();
  await call(api, 'POST', configMaps, configMap('shared', { count: '0' }));
  const webhook = {
    name: 'count.example.com',
    clientConfig: server.client('/count'),
    rules: [{ ...rules[0], operations: ['UPDATE'] }],
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
  };
  const configuration = { metadata: { name: 'count' }, webhooks: [webhook] };
  await call(api, 'POST', `${group}/mutatingwebhookconfigurations`, configuration);
  const write = async (index: number): Promise<void> => {
    for (;;) {
      const change = { data: { [`writer-${index}`]: 'was here' } };
      const { status } = await call(api, 'PATCH', `${configMaps}/shared`, change, mergePatch);
      if (status === 200) return;
      assert.equal(status, 409);
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, index) => write(index)));
  const { body } = await call<{ data: Record<string, string> }>(api, 'GET', `${configMaps}/shared`);
  assert.equal(Object.keys(body.data).length, writers + 1);
  assert.equal(body.data.count, String(writers));
});
