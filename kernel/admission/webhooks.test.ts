/** Webhooks on the way of every kind of write: what they are shown, what they may change, what happens when they fail. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallWebhook } from '../http/webhooks.ts';
import { type JsonRecord, recordAt, recordsAt, stringAt } from '../kinds/json.ts';
import { configMap, configMaps, deployment, deployments, openApi, pod, pods, type TestApi } from '../verbs/test-api.ts';

const collection = (type: string): string => `/apis/admissionregistration.k8s.io/v1/${type}webhookconfigurations`;
const merge = { 'content-type': 'application/merge-patch+json' };
const applyPatch = { 'content-type': 'application/apply-patch+yaml' };

type Answer = (request: JsonRecord, name: string) => JsonRecord | Promise<JsonRecord>;

interface Hooks {
  readonly call: CallWebhook;
  readonly requests: JsonRecord[];
  answer: Answer;
  /** Instead of a review. */
  raw: ((review: JsonRecord) => JsonRecord) | undefined;
}

function hooks(): Hooks {
  const made: Hooks = {
    requests: [],
    raw: undefined,
    answer: () => ({ allowed: true }),
    call: async (client, review) => {
      const request = recordAt(review, 'request');
      made.requests.push(structuredClone(request));
      if (made.raw !== undefined) return made.raw(review);
      const name = 'url' in client.target ? client.target.url : client.target.service.name;
      const response = { uid: request.uid, ...(await made.answer(request, name)) };
      return { apiVersion: review.apiVersion, kind: review.kind, response };
    },
  };
  return made;
}

const patchOf = (...operations: readonly JsonRecord[]): JsonRecord => ({
  allowed: true,
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
});

const everything = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] };

const webhook = (more: JsonRecord = {}): JsonRecord => ({
  name: 'hook.example.com',
  clientConfig: { url: 'https://hook.example.com/' },
  rules: [everything],
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  ...more,
});

async function configure(api: TestApi, type: string, name: string, ...webhooks: readonly JsonRecord[]): Promise<void> {
  const { status, text } = await api.call('POST', collection(type), { metadata: { name }, webhooks });
  assert.equal(status, 201, text);
}

const summary = ({ operation, resource, subResource, name, object, oldObject }: JsonRecord): string =>
  [
    operation,
    stringAt(resource, 'resource') + (subResource === undefined ? '' : `/${String(subResource)}`),
    name ?? '',
    stringAt(object, 'kind') || '-',
    stringAt(oldObject, 'kind') || '-',
  ].join(' ');

test('every kind of write is shown to a webhook as what it is', async () => {
  const hook = hooks();
  await using api = await openApi([], undefined, hook.call);
  await configure(api, 'validating', 'all', webhook());
  const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'd' }, spec: { replicas: 4 } };
  const status = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, status: { replicas: 1 } };
  const steps: readonly (readonly [method: string, path: string, body: unknown, headers: Record<string, string>])[] = [
    ['POST', configMaps, configMap('a'), {}],
    ['PUT', `${configMaps}/a`, configMap('a', { data: { x: 'y' } }), {}],
    ['PATCH', `${configMaps}/a`, { data: { x: 'z' } }, merge],
    ['PATCH', `${configMaps}/b?fieldManager=m`, configMap('b', { data: { x: 'y' } }), applyPatch],
    ['PATCH', `${configMaps}/b?fieldManager=m`, configMap('b', { data: { x: 'z' } }), applyPatch],
    ['DELETE', `${configMaps}/a`, undefined, {}],
    ['POST', configMaps, configMap('c'), {}],
    ['DELETE', configMaps, undefined, {}],
    ['POST', deployments, deployment('d'), {}],
    ['PATCH', `${deployments}/d/scale`, { spec: { replicas: 2 } }, merge],
    ['PUT', `${deployments}/d/scale`, { metadata: { name: 'd' }, spec: { replicas: 3 } }, {}],
    ['PATCH', `${deployments}/d/scale?fieldManager=m&force=true`, scale, applyPatch],
    ['PATCH', `${deployments}/d/status?fieldManager=m&force=true`, status, applyPatch],
    ['PATCH', `${deployments}/d/status`, { status: { replicas: 1 } }, merge],
    ['POST', pods, pod('p'), {}],
    ['POST', `${pods}/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } }, {}],
    ['POST', `${pods}/p/eviction`, { metadata: { name: 'p' } }, {}],
    ['POST', '/api/v1/namespaces', { metadata: { name: 'n' } }, {}],
    ['PUT', '/api/v1/namespaces/default/services/s', { metadata: { name: 's' }, spec: { ports: [{ port: 1 }] } }, {}],
  ];
  for (const [method, path, body, headers] of steps) {
    const { status: code, text } = await api.call(method, path, body, headers);
    assert.ok(code < 300, `${method} ${path}: ${text}`);
  }
  assert.deepEqual(hook.requests.map(summary), [
    'CREATE configmaps a ConfigMap -',
    'UPDATE configmaps a ConfigMap ConfigMap',
    'UPDATE configmaps a ConfigMap ConfigMap',
    'CREATE configmaps b ConfigMap -',
    'UPDATE configmaps b ConfigMap ConfigMap',
    'DELETE configmaps a - ConfigMap',
    'CREATE configmaps c ConfigMap -',
    'DELETE configmaps  - ConfigMap',
    'DELETE configmaps  - ConfigMap',
    'CREATE deployments d Deployment -',
    'UPDATE deployments/scale d Scale Scale',
    'UPDATE deployments/scale d Scale Scale',
    'UPDATE deployments/scale d Scale Scale',
    'UPDATE deployments/status d Deployment Deployment',
    'UPDATE deployments/status d Deployment Deployment',
    'CREATE pods p Pod -',
    'CREATE pods/binding p Binding -',
    'CREATE pods/eviction p Eviction -',
    'CREATE namespaces n Namespace -',
    'CREATE services s Service -',
  ]);
  const created = hook.requests[0];
  assert.deepEqual(
    [recordAt(created, 'kind'), created?.namespace, created?.dryRun, recordAt(created, 'options').kind],
    [{ group: '', version: 'v1', kind: 'ConfigMap' }, 'default', false, 'CreateOptions'],
  );
  assert.equal(recordAt(created, 'userInfo').username, 'admin');
});

test('a refused write changes nothing, and is told as the webhook wants it', async () => {
  const hook = hooks();
  await using api = await openApi([], undefined, hook.call);
  await api.call('POST', configMaps, configMap('a', { data: { x: 'y' } }));
  await configure(api, 'validating', 'all', webhook());
  const before = (await api.call('GET', `${configMaps}/a`)).text;
  hook.answer = () => ({
    allowed: false,
    status: {
      code: 409,
      reason: 'Conflict',
      message: 'not now',
      details: { causes: [{ reason: 'X', message: 'm', field: 'data' }] },
    },
    warnings: ['this "is" why'],
  });
  for (const [method, path, body, headers] of [
    ['POST', configMaps, configMap('b'), {}],
    ['PUT', `${configMaps}/a`, configMap('a'), {}],
    ['PATCH', `${configMaps}/a`, { data: { x: 'z' } }, merge],
    ['DELETE', `${configMaps}/a`, undefined, {}],
    ['DELETE', configMaps, undefined, {}],
  ] as const) {
    const answer = await api.call(method, path, body, headers);
    assert.deepEqual(
      [answer.status, answer.body.reason, answer.body.message],
      [409, 'Conflict', 'admission webhook "hook.example.com" denied the request: not now'],
    );
    assert.deepEqual(recordsAt(answer.body, 'details', 'causes'), [{ reason: 'X', message: 'm', field: 'data' }]);
    assert.equal(answer.headers.warning, '299 - "this \\"is\\" why"');
  }
  assert.equal((await api.call('GET', `${configMaps}/a`)).text, before);
  assert.equal((await api.call('GET', `${configMaps}/b`)).status, 404);
  hook.answer = () => ({ allowed: false });
  const bare = await api.call('POST', configMaps, configMap('b'));
  assert.deepEqual(
    [bare.status, bare.body.message],
    [400, 'admission webhook "hook.example.com" denied the request without explanation'],
  );
});

const labelled = (key: string, value = 'yes'): JsonRecord =>
  patchOf({ op: 'add', path: '/metadata/labels', value: { [key]: value } });

test('what a webhook changes is validated, defaulted and stored, and belongs to no manager', async () => {
  const hook = hooks();
  await using api = await openApi([], undefined, hook.call);
  await configure(api, 'mutating', 'all', webhook({ rules: [{ ...everything, resources: ['configmaps', 'pods'] }] }));
  hook.answer = () => labelled('by-webhook');
  const labels = (body: JsonRecord): unknown => recordAt(body, 'metadata').labels;
  const generated = await api.call('POST', configMaps, { metadata: { generateName: 'g-' } });
  assert.deepEqual(labels(generated.body), { 'by-webhook': 'yes' });
  assert.equal(hook.requests.at(-1)?.name, undefined);
  const applied = await api.call(
    'PATCH',
    `${configMaps}/b?fieldManager=m`,
    configMap('b', { data: { x: 'y' } }),
    applyPatch,
  );
  assert.equal(applied.status, 201, applied.text);
  assert.deepEqual(labels(applied.body), { 'by-webhook': 'yes' });
  assert.ok(!JSON.stringify(recordAt(applied.body, 'metadata').managedFields).includes('by-webhook'));
  const again = await api.call(
    'PATCH',
    `${configMaps}/b?fieldManager=m`,
    configMap('b', { data: { x: 'y' } }),
    applyPatch,
  );
  assert.equal(recordAt(again.body, 'metadata').resourceVersion, recordAt(applied.body, 'metadata').resourceVersion);
  hook.answer = () => patchOf({ op: 'add', path: '/metadata/labels', value: { 'not valid!': 'x' } });
  assert.equal((await api.call('POST', configMaps, configMap('wrong'))).status, 422);
  hook.answer = () =>
    patchOf({ op: 'replace', path: '/metadata/uid', value: 'mine' }, { op: 'add', path: '/nope', value: 1 });
  const before = recordAt((await api.call('GET', `${configMaps}/b`)).body, 'metadata');
  const kept = await api.call('PATCH', `${configMaps}/b`, { data: { x: 'q' } }, merge);
  assert.equal(kept.status, 200, kept.text);
  assert.deepEqual([recordAt(kept.body, 'metadata').uid, kept.body.nope], [before.uid, undefined]);
});

test('a dry run asks the webhooks, says so, and stores nothing', async () => {
  const hook = hooks();
  await using api = await openApi([], undefined, hook.call);
  await configure(api, 'mutating', 'm', webhook());
  await configure(api, 'validating', 'v', webhook());
  const dry = await api.call('POST', `${configMaps}?dryRun=All`, configMap('a'));
  assert.equal(dry.status, 201, dry.text);
  assert.deepEqual(
    hook.requests.map(({ dryRun, options }) => [dryRun, recordAt({ options }, 'options').dryRun]),
    [
      [true, ['All']],
      [true, ['All']],
    ],
  );
  assert.equal((await api.call('GET', `${configMaps}/a`)).status, 404);
});

test('webhooks are called in the order of their configurations, and again when a later one has changed something', async () => {
  const hook = hooks();
  await using api = await openApi([], undefined, hook.call);
  const at = (name: string, reinvocationPolicy: string): JsonRecord =>
    webhook({ name: `${name}.example.com`, clientConfig: { url: `https://${name}/` }, reinvocationPolicy });
  const seen: string[] = [];
  hook.answer = ({ object }, url) => {
    const name = url.slice(8, 9);
    const labels = recordAt(object, 'metadata', 'labels');
    seen.push(`${name}${Object.keys(labels).join('')}`);
    if (labels[name] !== undefined) return { allowed: true };
    return Object.keys(labels).length === 0
      ? labelled(name)
      : patchOf({ op: 'add', path: `/metadata/labels/${name}`, value: 'yes' });
  };
  await configure(api, 'mutating', 'second', at('b', 'Never'), at('c', 'IfNeeded'));
  await configure(api, 'mutating', 'first', at('a', 'IfNeeded'));
  const { body } = await api.call('POST', configMaps, configMap('x'));
  assert.deepEqual(recordAt(body, 'metadata').labels, { a: 'yes', b: 'yes', c: 'yes' });
  assert.deepEqual(seen, ['a', 'ba', 'cab', 'aabc']);
});

const wrongAnswers: readonly (readonly [what: string, answer: (review: JsonRecord) => JsonRecord, message: RegExp])[] =
  [
    ['nothing', () => ({}), /received invalid webhook response: webhook response was absent$/],
    [
      'another uid',
      (review) => ({ ...review, response: { uid: 'x', allowed: true } }),
      /received invalid webhook response: expected response.uid="[-0-9a-f]+", got "x"$/,
    ],
    [
      'another kind',
      () => ({ apiVersion: 'v1', kind: 'Pod', response: {} }),
      /expected webhook response of admission.k8s.io\/v1, Kind=AdmissionReview, got \/v1, Kind=Pod$/,
    ],
    [
      'a patch without its type',
      (review) => ({ ...review, response: { uid: recordAt(review, 'request').uid, allowed: true, patch: 'W10=' } }),
      /webhook returned response.patch but not response.patchType$/,
    ],
  ];

for (const [what, answer, message] of wrongAnswers) {
  test(`a webhook that answers with ${what} is not believed`, async () => {
    const hook = hooks();
    await using api = await openApi([], undefined, hook.call);
    await configure(api, 'mutating', 'm', webhook());
    hook.raw = answer;
    const failed = await api.call('POST', configMaps, configMap('a'));
    assert.deepEqual([failed.status, failed.body.reason], [500, 'InternalError']);
    assert.match(String(failed.body.message), /^Internal error occurred: failed calling webhook "hook.example.com": /);
    assert.match(String(failed.body.message), message);
    await api.call('DELETE', collection('mutating'));
    await configure(api, 'mutating', 'm', webhook({ failurePolicy: 'Ignore' }));
    assert.equal((await api.call('POST', configMaps, configMap('a'))).status, 201);
  });
}

for (const [what, patch] of [
  ['no JSON', '{'],
  ['no patch', '{"a":1}'],
  ['a path that is not there', JSON.stringify([{ op: 'replace', path: '/data/none/x', value: 1 }])],
  ['an object that is none', JSON.stringify([{ op: 'replace', path: '', value: [] }])],
  ['a value of the wrong type', JSON.stringify([{ op: 'add', path: '/data', value: 7 }])],
] as const) {
  test(`a patch with ${what} is an internal error whatever the failure policy`, async () => {
    const hook = hooks();
    await using api = await openApi([], undefined, hook.call);
    await configure(api, 'mutating', 'm', webhook({ failurePolicy: 'Ignore' }));
    hook.answer = () => ({ allowed: true, patchType: 'JSONPatch', patch: Buffer.from(patch).toString('base64') });
    const failed = await api.call('POST', configMaps, configMap('a'));
    assert.deepEqual([failed.status, failed.body.reason], [500, 'InternalError'], failed.text);
    assert.equal((await api.call('GET', `${configMaps}/a`)).status, 404);
  });
}

test('an object that changes while a webhook is asked is looked at again', async () => {
  const hook = hooks();
  await using api = await openApi([], undefined, hook.call);
  await api.call('POST', configMaps, configMap('a', { data: { count: '0' } }));
  await configure(api, 'mutating', 'm', webhook({ rules: [{ ...everything, operations: ['UPDATE'] }] }));
  let interfere = true;
  hook.answer = async ({ oldObject }) => {
    if (interfere) {
      interfere = false;
      // Goes through the same webhook, which lets it pass.
      await api.call('PATCH', `${configMaps}/a`, { data: { other: 'kept' } }, merge);
    }
    return labelled('saw', String(Object.keys(recordAt(oldObject, 'data')).length));
  };
  const { status, body } = await api.call('PATCH', `${configMaps}/a`, { data: { count: '1' } }, merge);
  assert.equal(status, 200);
  assert.deepEqual(body.data, { count: '1', other: 'kept' });
  assert.deepEqual(recordAt(body, 'metadata').labels, { saw: '2' });
  await api.call('PATCH', `${configMaps}/a`, { data: { other: null } }, merge);
  const { resourceVersion } = recordAt(body, 'metadata');
  const put = await api.call('PUT', `${configMaps}/a`, configMap('a', { metadata: { name: 'a', resourceVersion } }));
  assert.equal(put.status, 409);
});

test('an object that always changes while a webhook is asked is a conflict in the end', async () => {
  const hook = hooks();
  await using api = await openApi([], undefined, hook.call);
  await api.call('POST', configMaps, configMap('a'));
  await configure(api, 'validating', 'v', webhook());
  let count = 0;
  hook.answer = async ({ object }) => {
    if (stringAt(object, 'data', 'by') === 'client')
      await api.call('PATCH', `${configMaps}/a`, { data: { by: String(count++) } }, merge);
    return { allowed: true };
  };
  const { status, body } = await api.call('PATCH', `${configMaps}/a`, { data: { by: 'client' } }, merge);
  assert.deepEqual([status, body.reason], [409, 'Conflict']);
  assert.equal(count, 20);
});

test('nobody waits for a webhook but those it is asked about', async () => {
  const hook = hooks();
  await using api = await openApi([], undefined, hook.call);
  await api.call('POST', configMaps, configMap('a'));
  await configure(api, 'validating', 'v', webhook({ objectSelector: { matchLabels: { slow: 'yes' } } }));
  const { promise, resolve } = Promise.withResolvers<JsonRecord>();
  const asked = Promise.withResolvers<void>();
  hook.answer = () => {
    asked.resolve();
    return promise;
  };
  const slow = api.call('PATCH', `${configMaps}/a`, { metadata: { labels: { slow: 'yes' } } }, merge);
  await asked.promise;
  assert.equal((await api.call('PATCH', `${configMaps}/a`, { data: { x: 'y' } }, merge)).status, 200);
  assert.equal((await api.call('POST', configMaps, configMap('b'))).status, 201);
  resolve({ allowed: true });
  const { body } = await slow;
  assert.deepEqual([body.data, recordAt(body, 'metadata').labels], [{ x: 'y' }, { slow: 'yes' }]);
});

test('selectors and scopes say which requests a webhook sees', async () => {
  const hook = hooks();
  await using api = await openApi([], undefined, hook.call);
  await api.call('POST', '/api/v1/namespaces', { metadata: { name: 'marked', labels: { watch: 'yes' } } });
  const cases: readonly (readonly [more: JsonRecord, seen: readonly string[]])[] = [
    [{ namespaceSelector: { matchLabels: { watch: 'yes' } } }, ['CREATE configmaps marked', 'CREATE clusterroles -']],
    [{ objectSelector: { matchLabels: { a: 'b' } } }, []],
    [{ rules: [{ ...everything, scope: 'Cluster' }] }, ['CREATE clusterroles -', 'CREATE namespaces n']],
    [{ rules: [{ ...everything, scope: 'Namespaced' }] }, ['CREATE configmaps default', 'CREATE configmaps marked']],
    [{ rules: [{ ...everything, apiVersions: ['v2'] }] }, []],
    [{ rules: [{ ...everything, operations: ['DELETE'] }] }, []],
    [{ rules: [{ ...everything, resources: ['pods/*', 'configmaps/status'] }] }, []],
  ];
  const role = (name: string) => ({ metadata: { name }, rules: [] });
  for (const [index, [more, seen]] of cases.entries()) {
    hook.requests.length = 0;
    await configure(api, 'validating', 'v', webhook(more));
    for (const namespace of ['default', 'marked'])
      await api.call('POST', `/api/v1/namespaces/${namespace}/configmaps`, configMap(`c${index}`));
    await api.call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', role(`r${index}`));
    await api.call('POST', '/api/v1/namespaces', { metadata: { name: 'n' } });
    await api.call('DELETE', collection('validating'));
    await api.store.write('core/namespaces/n', () => ({ kind: 'delete' }));
    const got = hook.requests.map(
      ({ operation, resource, namespace }) => `${operation} ${stringAt(resource, 'resource')} ${namespace ?? '-'}`,
    );
    assert.deepEqual(got, seen, JSON.stringify(more));
  }
});

test('a webhook for another version of a built-in kind is asked in that version, unless it wants its own only', async () => {
  const hook = hooks();
  await using api = await openApi([], undefined, hook.call);
  const rules = [{ ...everything, apiGroups: ['autoscaling'], apiVersions: ['v2'] }];
  const path = '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers';
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' };
  const autoscaler = (name: string): JsonRecord => ({
    metadata: { name },
    spec: { maxReplicas: 3, targetCPUUtilizationPercentage: 50, scaleTargetRef },
  });
  await configure(api, 'mutating', 'm', webhook({ rules }));
  hook.answer = () => patchOf({ op: 'replace', path: '/spec/metrics/0/resource/target/averageUtilization', value: 70 });
  const { status, body, text } = await api.call('POST', path, autoscaler('a'));
  assert.equal(status, 201, text);
  assert.deepEqual([body.apiVersion, recordAt(body, 'spec').targetCPUUtilizationPercentage], ['autoscaling/v1', 70]);
  const [request] = hook.requests;
  assert.deepEqual(
    [
      recordAt(request, 'kind').version,
      recordAt(request, 'requestKind').version,
      recordAt(request, 'object').apiVersion,
    ],
    ['v2', 'v1', 'autoscaling/v2'],
  );
  await api.call('DELETE', collection('mutating'));
  await configure(api, 'mutating', 'm', webhook({ rules, matchPolicy: 'Exact' }));
  await api.call('POST', path, autoscaler('b'));
  assert.equal(hook.requests.length, 1);
});

test('a webhook sees requests that store nothing, and may not be asked about its own kind', async () => {
  const hook = hooks();
  await using api = await openApi([], undefined, hook.call);
  await configure(api, 'validating', 'v', webhook());
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  assert.equal((await api.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', review)).status, 201);
  const path = '/api/v1/namespaces/default/serviceaccounts';
  await api.call('POST', path, { metadata: { name: 's' } });
  await api.call('POST', `${path}/s/token`, { spec: {} });
  await api.call('PATCH', `${collection('validating')}/v`, { metadata: { labels: { a: 'b' } } }, merge);
  assert.deepEqual(hook.requests.map(summary), [
    'CREATE selfsubjectreviews  SelfSubjectReview -',
    'CREATE serviceaccounts s ServiceAccount -',
    'CREATE serviceaccounts/token s TokenRequest -',
  ]);
  hook.answer = () => ({ allowed: false });
  assert.equal((await api.call('DELETE', `${collection('validating')}/v`)).status, 200);
  assert.equal((await api.call('POST', configMaps, configMap('a'))).status, 201);
});

test('an update through a webhook that changes nothing makes no new version', async () => {
  const hook = hooks();
  await using api = await openApi([], undefined, hook.call);
  const created = (await api.call('POST', configMaps, configMap('a', { data: { x: 'y' } }))).body;
  await configure(api, 'mutating', 'm', webhook());
  await configure(api, 'validating', 'v', webhook());
  for (const [method, body, headers] of [
    ['PUT', created, {}],
    ['PATCH', { data: { x: 'y' } }, merge],
  ] as const) {
    const same = await api.call(method, `${configMaps}/a`, body, headers);
    assert.equal(recordAt(same.body, 'metadata').resourceVersion, recordAt(created, 'metadata').resourceVersion);
  }
});

test('a deletion has the options of one type, in whatever group a client sends them', async () => {
  const hook = hooks();
  await using api = await openApi([], undefined, hook.call);
  await api.call('POST', configMaps, configMap('a'));
  await configure(api, 'validating', 'all', webhook());
  const options = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' };
  const { status } = await api.call('DELETE', `${configMaps}/a`, options);
  assert.equal(status, 200);
  const [request] = hook.requests;
  assert.deepEqual(request?.options, { ...options, apiVersion: 'meta.k8s.io/v1' });
});

test('owners a webhook repeats are dropped and managedFields it breaks are left alone, with warnings', async () => {
  const hook = hooks();
  await using api = await openApi([], undefined, hook.call);
  await configure(api, 'mutating', 'all', webhook({ rules: [{ ...everything, resources: ['configmaps'] }] }));
  const owner = { apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' };
  hook.answer = () =>
    patchOf(
      { op: 'add', path: '/metadata/ownerReferences', value: [owner, owner] },
      { op: 'remove', path: '/metadata/managedFields/0/fieldsType' },
    );
  for (const [method, path, body, headers] of [
    ['POST', configMaps, configMap('a', { data: { x: 'y' } }), {}],
    ['PATCH', `${configMaps}/a`, [], { 'content-type': 'application/json-patch+json' }],
    ['PUT', `${configMaps}/a`, configMap('a', { data: { x: 'z' } }), {}],
  ] as const) {
    const { body: made, headers: answered, text } = await api.call(method, path, body, headers);
    assert.deepEqual(recordsAt(made, 'metadata', 'ownerReferences'), [owner], text);
    assert.equal(recordsAt(made, 'metadata', 'managedFields')[0]?.fieldsType, 'FieldsV1');
    const warnings = JSON.stringify(answered);
    assert.match(warnings, /duplicate entries after mutating admission happens; .* observed: u/);
    assert.match(warnings, /managedFields was in an invalid state after admission; .*: missing fieldsType in managed/);
  }
});

test('a client that names an owner twice is warned, and the owner is kept once', async () => {
  await using api = await openApi();
  const owner = { apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' };
  const given = configMap('a');
  const twice = { ...given, metadata: { ...recordAt(given, 'metadata'), ownerReferences: [owner, owner] } };
  const { body, headers } = await api.call('POST', configMaps, twice);
  assert.deepEqual(recordsAt(body, 'metadata', 'ownerReferences'), [owner]);
  assert.match(JSON.stringify(headers), /ownerReferences contains duplicate entries; API server/);
});

test('webhooks see what the kernel itself adds to a pod, and are asked again when their change makes it add more', async () => {
  const hook = hooks();
  await using api = await openApi([], undefined, hook.call);
  for (const [name, value] of [
    ['low', 1],
    ['high', 2],
  ] as const)
    await api.call('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name }, value });
  await api.call('POST', '/api/v1/namespaces/default/limitranges', {
    metadata: { name: 'l' },
    spec: { limits: [{ type: 'Container', default: { memory: '1Gi' } }] },
  });
  await configure(api, 'mutating', 'm', webhook({ reinvocationPolicy: 'IfNeeded' }));
  const specs: JsonRecord[] = [];
  hook.answer = ({ object }) => {
    const spec = recordAt(object, 'spec');
    specs.push(spec);
    if (spec.priorityClassName === 'high') return { allowed: true };
    return patchOf(
      { op: 'add', path: '/spec/priorityClassName', value: 'high' },
      { op: 'remove', path: '/spec/priority' },
    );
  };
  const given = pod('p');
  const { status, body, text } = await api.call('POST', pods, {
    ...given,
    spec: { ...recordAt(given, 'spec'), priorityClassName: 'low' },
  });
  assert.equal(status, 201, text);
  assert.equal(recordAt(body, 'spec').priority, 2);
  assert.deepEqual(
    specs.map(({ priority, serviceAccountName }) => [priority, serviceAccountName]),
    [
      [1, 'default'],
      [2, 'default'],
    ],
  );
  const [container] = recordsAt(specs[0], 'containers');
  assert.deepEqual(recordAt(container, 'resources', 'limits'), { memory: '1Gi' });
});

test('a client that waits for a while only has its webhooks hurry, and is told when time is over', async () => {
  const limits: number[] = [];
  const hook = hooks();
  const call: CallWebhook = (client, review, timeoutMs) => {
    limits.push(Math.ceil(timeoutMs / 1000));
    // As long as a webhook that never answers is waited for.
    if (timeoutMs < 1000) return new Promise((_, fail) => setTimeout(() => fail(new Error('too late')), timeoutMs));
    return hook.call(client, review, timeoutMs);
  };
  await using api = await openApi([], undefined, call);
  const slow = webhook({ timeoutSeconds: 20, failurePolicy: 'Ignore' });
  await configure(api, 'mutating', 'm', slow, webhook({ name: 'b.example.com', timeoutSeconds: 5 }));
  assert.equal((await api.call('POST', `${configMaps}?timeout=10s`, configMap('a'))).status, 201);
  assert.equal((await api.call('POST', configMaps, configMap('b'))).status, 201);
  assert.deepEqual(limits.splice(0), [10, 5, 20, 5]);
  const late = await api.call('POST', `${configMaps}?timeout=20ms`, configMap('c'));
  assert.deepEqual([late.status, late.body.reason, limits.length], [504, 'Timeout', 1]);
});

test('of two webhooks that want the opposite the last one has its way', async () => {
  const hook = hooks();
  await using api = await openApi([], undefined, hook.call);
  const seen: string[] = [];
  hook.answer = (_, url) => {
    const name = url.slice(8, 9);
    seen.push(name);
    return labelled(name);
  };
  const at = (name: string): JsonRecord =>
    webhook({ name: `${name}.example.com`, clientConfig: { url: `https://${name}/` }, reinvocationPolicy: 'IfNeeded' });
  await configure(api, 'mutating', 'm', at('a'), at('b'));
  const { body } = await api.call('POST', configMaps, configMap('x'));
  assert.deepEqual(recordAt(body, 'metadata').labels, { b: 'yes' });
  assert.deepEqual(seen, ['a', 'b', 'a', 'b']);
});

test('an event is shown in the words of its request, or in those of the group a rule names', async () => {
  const hook = hooks();
  await using api = await openApi([], undefined, hook.call);
  const rules = (group: string) => [{ ...everything, apiGroups: [group], resources: ['events'] }];
  await configure(api, 'mutating', 'core', webhook({ rules: rules('') }));
  await configure(api, 'mutating', 'later', webhook({ rules: rules('events.k8s.io') }));
  await configure(api, 'validating', 'fresh', webhook({ rules: rules('events.k8s.io') }));
  const seen: unknown[] = [];
  hook.answer = ({ kind, requestKind, object }) => {
    const { apiVersion, message, note } = object as JsonRecord;
    seen.push([stringAt(kind, 'group'), stringAt(requestKind, 'group'), apiVersion, message, note]);
    if (message === undefined) return { allowed: true };
    return patchOf({ op: 'replace', path: '/message', value: 'bye' });
  };
  const event = { metadata: { name: 'e' }, regarding: { kind: 'Pod', name: 'p', namespace: 'default' }, note: 'hello' };
  const path = '/apis/events.k8s.io/v1/namespaces/default/events';
  const { status, body, text } = await api.call('POST', path, { ...event, reportingController: 'c', type: 'Normal' });
  assert.equal(status, 201, text);
  assert.equal(body.note, 'bye');
  assert.deepEqual(seen, [
    ['', 'events.k8s.io', 'v1', 'hello', undefined],
    ['events.k8s.io', 'events.k8s.io', 'events.k8s.io/v1', undefined, 'bye'],
    ['events.k8s.io', 'events.k8s.io', 'events.k8s.io/v1', undefined, 'bye'],
  ]);
});
