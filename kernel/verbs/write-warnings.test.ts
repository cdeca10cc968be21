import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../kinds/json.ts';
import { deployment, deployments, openApi, pod, pods } from './test-api.ts';

const yaml = { 'content-type': 'application/apply-patch+yaml' };
const texts = (headers: Readonly<Record<string, string>>): readonly string[] =>
  [...(headers.warning ?? '').matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replace(/\\(.)/g, '$1'),
  );

const dubious = {
  nodeSelector: { 'beta.kubernetes.io/os': 'linux' },
  imagePullSecrets: [{ name: '' }],
  containers: [
    {
      name: 'a',
      image: 'i',
      env: [
        { name: 'A', value: '1' },
        { name: 'A', value: '2' },
        { name: 'A', value: 'more $(A)' },
      ],
      ports: [
        { name: 'web', containerPort: 80 },
        { containerPort: 80, hostPort: 80 },
      ],
      resources: { requests: { memory: '1500m' } },
    },
    { name: 'b', image: 'i', ports: [{ name: 'web', containerPort: 81 }] },
  ],
  topologySpreadConstraints: [{ topologyKey: 'zone', maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' }],
};

const expected = (at: string): readonly string[] => [
  `${at}.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead`,
  `${at}.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod`,
  `${at}.imagePullSecrets[0].name: invalid empty name ""`,
  `${at}.containers[0].resources.requests[memory]: fractional byte value "1500m" is invalid, must be an integer`,
  `${at}.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply`,
  `${at}.containers[0].ports[1]: overlapping port definition with ${at}.containers[0].ports[0]`,
  `${at}.containers[1].ports[0]: duplicate port name "web" with ${at}.containers[0].ports[0], services and probes that select ports by name will use ${at}.containers[0].ports[0]`,
];

test('a new pod is told what of it will not do what it seems to say', async () => {
  await using api = await openApi();
  const { status, headers } = await api.call('POST', pods, pod('p', dubious));
  assert.equal(status, 201);
  assert.deepEqual(texts(headers), expected('spec'));
});

test('a template is judged when it is new and when what is wanted changes, not with every write', async () => {
  await using api = await openApi();
  const object = deployment('web');
  ((object.spec as JsonRecord).template as JsonRecord).spec = dubious;
  const created = await api.call('POST', deployments, object);
  assert.deepEqual(texts(created.headers), expected('spec.template.spec'));
  const merge = { 'content-type': 'application/merge-patch+json' };
  const labelled = await api.call('PATCH', `${deployments}/web`, { metadata: { labels: { a: 'b' } } }, merge);
  assert.deepEqual(texts(labelled.headers), []);
  const scaled = await api.call('PATCH', `${deployments}/web`, { spec: { replicas: 2 } }, merge);
  assert.deepEqual(texts(scaled.headers), expected('spec.template.spec'));
});

test('every request for Endpoints says what to use instead', async () => {
  await using api = await openApi();
  const { headers } = await api.call('GET', '/api/v1/namespaces/default/endpoints');
  assert.deepEqual(texts(headers), ['v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice']);
});

test('strict errors come in the order of a Go decoder: as read in JSON, by name in YAML and of what a patch leaves', async () => {
  await using api = await openApi();
  const strict = '?fieldValidation=Strict';
  const json =
    '{"metadata":{"name":"a","name":"a","odd":1},"spec":{"zebra":1,"zebra":2,"paused":true,"paused":false,"ant":1}}';
  const read = await api.call('POST', `${deployments}${strict}`, json);
  assert.match(
    String(read.body.message),
    /strict decoding error: duplicate field "metadata.name", unknown field "metadata.odd", unknown field "spec.zebra", duplicate field "spec.paused", unknown field "spec.ant"$/,
  );
  const lines = 'metadata:\n  name: a\nspec:\n  zebra: 1\n  ant: 1\n';
  const sorted = await api.call('POST', `${deployments}${strict}`, lines, { 'content-type': 'application/yaml' });
  assert.match(String(sorted.body.message), /: unknown field "spec.ant", unknown field "spec.zebra"$/);
  await api.call('PATCH', `${deployments}/web?fieldManager=m`, deployment('web'), yaml);
  const operations =
    '[{"op":"add","path":"/spec/zebra","value":1,"why":1},{"op":"add","op":"add","path":"/spec/ant","value":1}]';
  const patched = await api.call('PATCH', `${deployments}/web${strict}`, operations, {
    'content-type': 'application/json-patch+json',
  });
  assert.equal(patched.status, 422);
  assert.match(
    String(patched.body.message),
    /json patch unknown field "\[0\].why", json patch duplicate field "\[1\].op", unknown field "spec.ant", unknown field "spec.zebra"$/,
  );
});

test('an annotation of a ServiceAccount that goes out of use is told when it is set, and no more', async () => {
  await using api = await openApi();
  const path = '/api/v1/namespaces/default/serviceaccounts';
  const annotations = { 'kubernetes.io/enforce-mountable-secrets': 'true' };
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'a', annotations } };
  const made = await api.call('POST', path, account);
  assert.match(String(made.headers.warning), /enforce-mountable-secrets\]: deprecated in v1\.32\+/);
  assert.equal((await api.call('PUT', `${path}/a`, account)).headers.warning, undefined);
});
