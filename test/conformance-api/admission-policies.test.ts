/** What the upstream conformance tests of ValidatingAdmissionPolicy check of the API, each under its name there. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { Transport } from '@diatom/sdk';
import { call, startKernel, type TestKernel } from '../kernel.ts';

const group = '/apis/admissionregistration.k8s.io/v1';
const policies = `${group}/validatingadmissionpolicies`;
const bindings = `${group}/validatingadmissionpolicybindings`;
const mergePatch = { 'content-type': 'application/merge-patch+json' };

let kernel: TestKernel;
let api: Transport;

before(async () => {
  kernel = await startKernel();
  api = kernel.port();
});

after(() => kernel[Symbol.asyncDispose]());

afterEach(async () => {
  for (const path of [bindings, policies]) await call(api, 'DELETE', path);
});

const deploymentRules = {
  resourceRules: [
    { operations: ['CREATE', 'UPDATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] },
  ],
};

const policy = (name: string, spec: object): object => ({
  metadata: { name },
  spec: { matchConstraints: deploymentRules, ...spec },
});

const binding = (name: string, spec: object = {}): object => ({
  metadata: { name },
  spec: { policyName: name, validationActions: ['Deny'], ...spec },
});

const deployment = (name: string, replicas: number): object => ({
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'example/x:1' }] } },
  },
});

const deployments = '/apis/apps/v1/namespaces/default/deployments';

async function make(path: string, object: object): Promise<Record<string, unknown>> {
  const { status, body } = await call(api, 'POST', path, object);
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}

test('ValidatingAdmissionPolicy should validate against a Deployment', async () => {
  const validations = [
    {
      expression: 'object.spec.replicas > 1',
      messageExpression: "'wants replicas > 1, got ' + string(object.spec.replicas)",
    },
    { expression: "namespaceObject.metadata.name == 'default'", message: 'wrong namespace' },
  ];
  await make(policies, policy('replicas', { validations }));
  await make(bindings, binding('replicas'));
  assert.equal((await call(api, 'POST', deployments, deployment('replicated', 2))).status, 201);
  const { status, body } = await call(api, 'POST', deployments, deployment('zero', 0));
  assert.equal(status, 422);
  assert.equal(
    body.message,
    "deployments.apps \"zero\" is forbidden: ValidatingAdmissionPolicy 'replicas' with binding 'replicas' denied request: wants replicas > 1, got 0",
  );
});

test('ValidatingAdmissionPolicy should allow expressions to refer variables.', async () => {
  const spec = {
    variables: [
      { name: 'replicas', expression: 'object.spec.replicas' },
      { name: 'oddReplicas', expression: 'variables.replicas % 2 == 1' },
    ],
    validations: [{ expression: 'variables.replicas > 1' }, { expression: 'variables.oddReplicas' }],
  };
  await make(policies, policy('odd', spec));
  await make(bindings, binding('odd'));
  assert.equal((await call(api, 'POST', deployments, deployment('three', 3))).status, 201);
  const { status, body } = await call(api, 'POST', deployments, deployment('two', 2));
  assert.equal(status, 422);
  assert.match(String(body.message), /denied request: failed expression: variables.oddReplicas/);
});

/** The kernel writes a new policy's status on its own, so a replacement may have to be tried again. */
async function replaceAnnotations(path: string, annotations: object): Promise<Record<string, unknown>> {
  for (;;) {
    const { body: current } = await call(api, 'GET', path);
    const metadata = { ...(current.metadata as object), annotations };
    const { status, body } = await call(api, 'PUT', path, { ...current, metadata });
    if (status !== 409) return body;
  }
}

const withStatus = {
  status: {
    conditions: [
      { type: 'E2e', status: 'True', reason: 'Test', message: 'set', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ],
  },
};

for (const [kind, path, object] of [
  [
    'ValidatingAdmissionPolicy',
    policies,
    policy('lifecycle', { validations: [{ expression: 'object.spec.replicas <= 100' }] }),
  ],
  ['ValidatingAdmissionPolicyBinding', bindings, binding('lifecycle')],
] as const) {
  test(`ValidatingAdmissionPolicy should support ${kind} API operations`, async () => {
    const groups = await call<{ groups: readonly { name: string }[] }>(api, 'GET', '/apis');
    assert.ok(groups.body.groups.some(({ name }) => name === 'admissionregistration.k8s.io'));
    const { body: list } = await call<{ resources: readonly { name: string }[] }>(api, 'GET', group);
    assert.ok(list.resources.some(({ name }) => path.endsWith(`/${name}`)));
    const made = await make(path, object);
    assert.equal((await call(api, 'GET', `${path}/lifecycle`)).body.kind, kind);
    const { body: items } = await call<{ items: readonly object[] }>(api, 'GET', path);
    assert.equal(items.items.length, 1);
    const annotated = await call(
      api,
      'PATCH',
      `${path}/lifecycle`,
      { metadata: { annotations: { patched: 'true' } } },
      mergePatch,
    );
    assert.equal(annotated.status, 200);
    const body = await replaceAnnotations(`${path}/lifecycle`, { updated: 'true' });
    assert.equal((body.metadata as { annotations: Record<string, string> }).annotations.updated, 'true');
    if (kind === 'ValidatingAdmissionPolicy') {
      const status = await call(api, 'PATCH', `${path}/lifecycle/status`, withStatus, mergePatch);
      assert.equal(status.status, 200, JSON.stringify(status.body));
      assert.equal((status.body.status as { conditions: readonly object[] }).conditions.length, 1);
      assert.equal((await call(api, 'GET', `${path}/lifecycle/status`)).status, 200);
    }
    assert.equal((await call(api, 'DELETE', `${path}/lifecycle`)).status, 200);
    await make(path, { ...object, metadata: { name: 'other', labels: { e2e: 'yes' } } });
    assert.equal((await call(api, 'DELETE', `${path}?labelSelector=e2e%3Dyes`)).status, 200);
    assert.equal((await call(api, 'GET', `${path}/other`)).status, 404);
    assert.ok(made.metadata);
  });
}

interface Checked {
  readonly status?: {
    readonly observedGeneration?: number;
    readonly typeChecking?: { readonly expressionWarnings?: readonly { fieldRef: string; warning: string }[] };
  };
}

async function checked(name: string): Promise<NonNullable<Checked['status']>> {
  for (;;) {
    const { body } = await call<Checked>(api, 'GET', `${policies}/${name}`);
    if (body.status?.observedGeneration !== undefined) return body.status;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('ValidatingAdmissionPolicy should type check validation expressions', async () => {
  const validations = [
    {
      expression: "object.spec.replicas > '1'",
      messageExpression: "'wants replicas > 1, got ' + object.spec.replicas",
    },
    { expression: "object.spec.replicas > 1 && object.spec.template.spec.containers.all(c, c.image != '')" },
  ];
  await make(policies, policy('typed', { validations }));
  const { typeChecking, observedGeneration } = await checked('typed');
  assert.equal(observedGeneration, 1);
  assert.deepEqual(
    typeChecking?.expressionWarnings?.map(({ fieldRef }) => fieldRef),
    ['spec.validations[0].expression', 'spec.validations[0].messageExpression'],
  );
  assert.match(
    typeChecking?.expressionWarnings?.[0]?.warning ?? '',
    /^apps\/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for '_>_' applied to '\(int, string\)'\n/,
  );
});
