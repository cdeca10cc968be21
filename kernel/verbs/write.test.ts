import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRecord, type JsonRecord } from '../kinds/json.ts';
import { configMap, configMaps, deployment, deployments, everythingAllowed, openApi, pod, pods } from './test-api.ts';

const metadata = (object: JsonRecord): JsonRecord => object.metadata as JsonRecord;
const spec = (object: JsonRecord): JsonRecord => object.spec as JsonRecord;

test('create fills in what the server decides and refuses what exists', async () => {
  await using api = await openApi();
  const created = await api.call('POST', deployments, deployment('web'));
  assert.equal(created.status, 201);
  const { uid, generation, creationTimestamp, namespace } = metadata(created.body);
  assert.match(String(uid), /^[0-9a-f-]{36}$/);
  assert.deepEqual([generation, creationTimestamp, namespace], [1, '2026-01-01T00:00:00Z', 'default']);
  const again = await api.call('POST', deployments, deployment('web'));
  assert.equal(again.status, 409);
  assert.equal(again.body.message, 'deployments.apps "web" already exists');
});

test('a generated name keeps its base and finds a free end', async () => {
  await using api = await openApi();
  const answer = await api.call('POST', configMaps, { metadata: { generateName: 'job-' } });
  assert.match(String(metadata(answer.body).name), /^job-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
});

test('a base for names is judged as a name is, and nobody is named where there is no name', async () => {
  await using api = await openApi();
  const refused = await api.call('POST', configMaps, { metadata: { name: 'a', generateName: 'No_' } });
  assert.match(
    String(refused.body.message),
    /^ConfigMap "a" is invalid: metadata\.generateName: Invalid value: "No_": a lowercase/,
  );
  assert.equal((await api.call('POST', configMaps, { metadata: { name: 'a', generateName: 'a-' } })).status, 201);
  const nameless = await api.call('POST', configMaps, {});
  assert.deepEqual([nameless.status, Object.keys(nameless.body.details as JsonRecord)], [422, ['kind', 'causes']]);
});

test('an object needs its namespace, and one that is not going away', async () => {
  await using api = await openApi();
  const missing = await api.call('POST', '/api/v1/namespaces/nowhere/configmaps', configMap('a'));
  assert.deepEqual([missing.status, missing.body.message], [404, 'namespaces "nowhere" not found']);
  await api.call('POST', '/api/v1/namespaces', { metadata: { name: 'old' } });
  const deleted = await api.call('DELETE', '/api/v1/namespaces/old');
  assert.equal((deleted.body.status as JsonRecord).phase, 'Terminating');
  const late = await api.call('POST', '/api/v1/namespaces/old/configmaps', configMap('a'));
  assert.equal(late.status, 403);
  assert.match(
    String(late.body.message),
    /unable to create new content in namespace old because it is being terminated/,
  );
  const finalized = await api.call('PUT', '/api/v1/namespaces/old/finalize', {
    metadata: { name: 'old' },
    spec: { finalizers: [] },
  });
  assert.equal(finalized.status, 200);
  assert.equal((await api.call('GET', '/api/v1/namespaces/old')).status, 404);
});

test('an update of an old version is a conflict, one without a version is not', async () => {
  await using api = await openApi();
  const created = await api.call('POST', configMaps, configMap('a'));
  const old = structuredClone(created.body);
  assert.equal((await api.call('PUT', `${configMaps}/a`, configMap('a', { data: { x: '1' } }))).status, 200);
  const conflict = await api.call('PUT', `${configMaps}/a`, { ...old, data: { x: '2' } });
  assert.equal(conflict.status, 409);
  assert.equal(
    conflict.body.message,
    'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
  );
});

test('generation counts spec changes only, and the status subresource writes status only', async () => {
  await using api = await openApi();
  const created = (await api.call('POST', deployments, deployment('web'))).body;
  const labelled = await api.call('PUT', `${deployments}/web`, {
    ...created,
    metadata: { ...metadata(created), labels: { a: 'b' } },
  });
  assert.equal(metadata(labelled.body).generation, 1);
  const status = await api.call('PUT', `${deployments}/web/status`, {
    ...labelled.body,
    spec: { ...spec(created), replicas: 9 },
    status: { replicas: 1 },
  });
  assert.equal(spec(status.body).replicas, 1);
  assert.deepEqual(status.body.status, { replicas: 1 });
  assert.equal(metadata(status.body).generation, 1);
  const scaled = await api.call('PUT', `${deployments}/web`, {
    ...status.body,
    spec: { ...spec(created), replicas: 3 },
    status: {},
  });
  assert.equal(metadata(scaled.body).generation, 2);
  assert.deepEqual(scaled.body.status, { replicas: 1 });
});

test('a controller notes something down beside the status, as far as the kind lets it', async () => {
  await using api = await openApi();
  const created = (await api.call('POST', deployments, deployment('web'))).body;
  const metadataAfter = async (path: string, object: JsonRecord, written: JsonRecord): Promise<JsonRecord> => {
    const changed = { ...object, metadata: { ...metadata(object), ...written } };
    const answer = await api.call('PUT', path, changed);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return metadata(answer.body);
  };
  const annotations = { 'deployment.kubernetes.io/revision': '1' };
  const ofDeployment = await metadataAfter(`${deployments}/web/status`, created, { annotations, labels: { a: 'b' } });
  assert.deepEqual(ofDeployment.annotations, annotations);
  assert.equal(ofDeployment.labels, undefined, 'the labels of a Deployment are not for its status');
  const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
  const budget = (await api.call('POST', budgets, { metadata: { name: 'web' }, spec: { minAvailable: 1 } })).body;
  const ofBudget = await metadataAfter(`${budgets}/web/status`, budget, { labels: { a: 'b' }, finalizers: ['a.io/b'] });
  assert.deepEqual([ofBudget.labels, ofBudget.finalizers], [{ a: 'b' }, ['a.io/b']]);
  const claims = '/apis/resource.k8s.io/v1/namespaces/default/resourceclaims';
  const claim = (await api.call('POST', claims, { metadata: { name: 'gpu' }, spec: {} })).body;
  const ofClaim = await metadataAfter(`${claims}/gpu/status`, claim, { annotations, labels: { a: 'b' } });
  assert.deepEqual([ofClaim.labels, ofClaim.annotations], [undefined, undefined]);
});

test('a write that changes nothing makes no new version', async () => {
  await using api = await openApi();
  const created = await api.call('POST', deployments, deployment('web'));
  const again = await api.call('PUT', `${deployments}/web`, created.body);
  assert.equal(metadata(again.body).resourceVersion, metadata(created.body).resourceVersion);
});

test('a dry run answers as the real thing and stores nothing', async () => {
  await using api = await openApi();
  const before = api.store.revision;
  const answer = await api.call('POST', `${deployments}?dryRun=All`, deployment('web'));
  assert.equal((answer.body.metadata as JsonRecord).resourceVersion, undefined, 'what is not written has no version');
  assert.equal(answer.status, 201);
  assert.equal(api.store.revision, before);
  const invalid = await api.call('POST', `${deployments}?dryRun=Some`, deployment('web'));
  assert.equal(invalid.status, 422);
});

test('a new object has no version, which is said after its other faults and not of a dry run', async () => {
  await using api = await openApi();
  const copy = (changes: object) => {
    const { spec, ...rest } = deployment('copy');
    return { ...rest, metadata: { name: 'copy', resourceVersion: '7' }, spec: { ...(spec as object), ...changes } };
  };
  const invalid = await api.call('POST', `${deployments}?dryRun=All`, copy({ selector: {} }));
  assert.deepEqual([invalid.status, invalid.body.reason], [422, 'Invalid']);
  assert.equal((await api.call('POST', deployments, copy({ selector: {} }))).status, 422);
  assert.equal((await api.call('POST', `${deployments}?dryRun=All`, copy({}))).status, 201);
  const refused = await api.call('POST', deployments, copy({}));
  assert.deepEqual(
    [refused.status, refused.body.message],
    [400, 'resourceVersion should not be set on objects to be created'],
  );
});

test('unknown and duplicate fields: Strict refuses, Warn warns, Ignore is silent, all drop', async () => {
  await using api = await openApi();
  const body = '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"},"data":{"k":"1","k":"2"},"foo":1}';
  const strict = await api.call('POST', `${configMaps}?fieldValidation=Strict`, body);
  assert.deepEqual(
    [strict.status, strict.body.message],
    [
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data.k", unknown field "foo"',
    ],
  );
  const warned = await api.call('POST', configMaps, body);
  assert.equal(warned.status, 201);
  assert.equal(warned.headers.warning, '299 - "duplicate field \\"data.k\\"", 299 - "unknown field \\"foo\\""');
  assert.equal(warned.body.foo, undefined);
  const ignored = await api.call('POST', `${configMaps}?fieldValidation=Ignore`, body.replace('"a"', '"b"'));
  assert.deepEqual([ignored.status, ignored.headers.warning], [201, undefined]);
});

test('finalizers hold a deleted object until the last is removed', async () => {
  await using api = await openApi();
  await api.call('POST', configMaps, configMap('a', { metadata: { name: 'a', finalizers: ['example.com/hold'] } }));
  const deleted = await api.call('DELETE', `${configMaps}/a`);
  assert.equal(metadata(deleted.body).deletionTimestamp, '2026-01-01T00:00:00Z');
  const added = await api.call(
    'PATCH',
    `${configMaps}/a`,
    { metadata: { finalizers: ['example.com/hold', 'example.com/new'] } },
    {
      'content-type': 'application/merge-patch+json',
    },
  );
  assert.equal(added.status, 422);
  const released = await api.call(
    'PATCH',
    `${configMaps}/a`,
    { metadata: { finalizers: null } },
    { 'content-type': 'application/merge-patch+json' },
  );
  assert.equal(released.status, 200);
  assert.equal((await api.call('GET', `${configMaps}/a`)).status, 404);
});

test('foreground and orphan deletion leave a finalizer for the collector', async () => {
  await using api = await openApi();
  for (const [policy, finalizer] of [
    ['Foreground', 'foregroundDeletion'],
    ['Orphan', 'orphan'],
  ] as const) {
    await api.call('POST', deployments, deployment('web'));
    const answer = await api.call('DELETE', `${deployments}/web`, { propagationPolicy: policy });
    assert.deepEqual(metadata(answer.body).finalizers, [finalizer]);
    await api.call(
      'PATCH',
      `${deployments}/web`,
      { metadata: { finalizers: null } },
      { 'content-type': 'application/merge-patch+json' },
    );
  }
  await api.call('POST', deployments, deployment('web'));
  const background = await api.call('DELETE', `${deployments}/web`, { propagationPolicy: 'Background' });
  assert.deepEqual([background.body.kind, background.body.status], ['Status', 'Success']);
  assert.equal((background.body.details as JsonRecord).kind, 'deployments');
});

test('a deletion without a policy does what the kind did before there were collectors', async () => {
  await using api = await openApi();
  const controllers = '/api/v1/namespaces/default/replicationcontrollers';
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  await api.call('POST', controllers, { metadata: { name: 'web' }, spec: { replicas: 0, template } });
  const answer = await api.call('DELETE', `${controllers}/web`);
  assert.deepEqual(metadata(answer.body).finalizers, ['orphan']);
  const events = '/api/v1/namespaces/default/events';
  await api.call('POST', events, { metadata: { name: 'e' }, involvedObject: { namespace: 'default' } });
  const event = await api.call('DELETE', `${events}/e`, { propagationPolicy: 'Foreground' });
  assert.equal(event.body.status, 'Success', 'no collector looks at events');
});

test('preconditions guard a deletion', async () => {
  await using api = await openApi();
  await api.call('POST', configMaps, configMap('a'));
  const answer = await api.call('DELETE', `${configMaps}/a`, { preconditions: { uid: 'other' } });
  assert.equal(answer.status, 409);
  assert.match(String(answer.body.message), /Precondition failed: UID in precondition: other/);
});

test('a bound pod stops gracefully and goes with grace 0; an unbound one goes at once', async () => {
  await using api = await openApi();
  await api.call('POST', pods, pod('unbound'));
  assert.equal((await api.call('DELETE', `${pods}/unbound`)).body.status, 'Success');
  await api.call('POST', pods, pod('bound'));
  const bound = await api.call('POST', `${pods}/bound/binding`, { target: { kind: 'Node', name: 'n1' } });
  assert.equal(bound.status, 201);
  const twice = await api.call('POST', `${pods}/bound/binding`, { target: { name: 'n2' } });
  assert.equal(twice.status, 409);
  assert.match(String(twice.body.message), /pod bound is already assigned to node "n1"/);
  const marked = await api.call('DELETE', `${pods}/bound`);
  assert.deepEqual(
    [metadata(marked.body).deletionTimestamp, metadata(marked.body).deletionGracePeriodSeconds],
    ['2026-01-01T00:00:30Z', 30],
  );
  const gone = await api.call('DELETE', `${pods}/bound`, { gracePeriodSeconds: 0 });
  assert.equal(gone.body.status, 'Success');
});

test('a binding waits for the gates of its pod, brings labels along and ends a nomination', async () => {
  await using api = await openApi();
  const target = { kind: 'Node', name: 'n1' };
  const gated = pod('gated');
  await api.call('POST', pods, { ...gated, spec: { ...spec(gated), schedulingGates: [{ name: 'quota' }] } });
  const early = await api.call('POST', `${pods}/gated/binding`, { target });
  assert.equal(early.status, 409);
  assert.match(String(early.body.message), /pod gated has non-empty .spec.schedulingGates/);
  const waiting = (await api.call('POST', pods, pod('waiting'))).body;
  await api.call('PUT', `${pods}/waiting/status`, { ...waiting, status: { nominatedNodeName: 'n2' } });
  const { resourceVersion } = metadata(waiting);
  const stale = await api.call('POST', `${pods}/waiting/binding`, { metadata: { resourceVersion }, target });
  assert.equal(stale.status, 409, 'the pod has changed since');
  const labels = { 'topology.kubernetes.io/zone': 'a' };
  assert.equal((await api.call('POST', `${pods}/waiting/binding`, { metadata: { labels }, target })).status, 201);
  const bound = (await api.call('GET', `${pods}/waiting`)).body;
  assert.equal((metadata(bound).labels as JsonRecord)['topology.kubernetes.io/zone'], 'a');
  assert.equal((bound.status as JsonRecord).nominatedNodeName, undefined);
});

test('an eviction asks the disruption budget first', async () => {
  await using api = await openApi();
  const body = pod('web');
  body.metadata = { name: 'web', labels: { app: 'web' } };
  await api.call('POST', pods, body);
  const merge = { 'content-type': 'application/merge-patch+json' };
  await api.call('PATCH', `${pods}/web/status`, { status: { phase: 'Running' } }, merge);
  const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
  await api.call('POST', budgets, {
    metadata: { name: 'web' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
  });
  await api.call('POST', budgets, {
    metadata: { name: 'others' },
    spec: { minAvailable: 1, selector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] } },
  });
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'web' } };
  const refused = await api.call('POST', `${pods}/web/eviction`, eviction);
  assert.equal(refused.status, 429);
  assert.equal(refused.headers['retry-after'], '10');
  // Once the controller has counted there is no telling when to come back: client-go would wait ten times, then.
  await api.call('PATCH', `${budgets}/web/status`, { status: { disruptionsAllowed: 0, observedGeneration: 1 } }, merge);
  const exhausted = await api.call('POST', `${pods}/web/eviction`, eviction);
  assert.equal(exhausted.status, 429);
  assert.equal(exhausted.headers['retry-after'], undefined);
  assert.equal((exhausted.body.details as JsonRecord).retryAfterSeconds, undefined);
  const status = { disruptionsAllowed: 1, observedGeneration: 1 };
  await api.call('PATCH', `${budgets}/web/status`, { status }, merge);
  const dry = { ...eviction, deleteOptions: { dryRun: ['All'] } };
  assert.equal((await api.call('POST', `${pods}/web/eviction`, dry)).status, 201);
  const watch = await api.watch(`${pods}?watch=true`);
  assert.equal((await watch.next()).type, 'ADDED');
  const older = await api.call('POST', `${pods}/web/eviction`, { ...eviction, apiVersion: 'policy/v1beta1' });
  assert.equal(older.status, 201);
  const { type, object } = await watch.next();
  const [condition] = (object.status as { readonly conditions: readonly JsonRecord[] }).conditions;
  assert.deepEqual(
    [type, condition?.type, condition?.reason],
    ['MODIFIED', 'DisruptionTarget', 'EvictionByEvictionAPI'],
  );
  assert.equal((await watch.next()).type, 'DELETED');
  const spent = (await api.call('GET', `${budgets}/web`)).body.status as JsonRecord;
  assert.deepEqual([spent.disruptionsAllowed, Object.keys(spent.disruptedPods as JsonRecord)], [0, ['web']]);
  const unknown = await api.call('POST', `${pods}/web/eviction`, { ...eviction, apiVersion: 'policy/v2' });
  assert.equal(unknown.status, 400);
});

test('scale reads and writes replicas through autoscaling/v1', async () => {
  await using api = await openApi();
  await api.call('POST', deployments, deployment('web', { replicas: 2 }));
  const scale = await api.call('GET', `${deployments}/web/scale`);
  assert.deepEqual(
    [scale.body.kind, scale.body.spec, scale.body.status],
    ['Scale', { replicas: 2 }, { replicas: 0, selector: 'app=web' }],
  );
  await api.call(
    'PATCH',
    `${deployments}/web/scale`,
    { spec: { replicas: 5 } },
    { 'content-type': 'application/merge-patch+json' },
  );
  const after = await api.call('GET', `${deployments}/web`);
  assert.deepEqual([spec(after.body).replicas, metadata(after.body).generation], [5, 2]);
});

test('deletecollection deletes what the selector selects', async () => {
  await using api = await openApi();
  for (const name of ['a', 'b'])
    await api.call('POST', configMaps, configMap(name, { metadata: { name, labels: { name } } }));
  const answer = await api.call('DELETE', `${configMaps}?labelSelector=name%3Da`);
  assert.equal((answer.body.items as unknown[]).length, 1);
  assert.equal(((await api.call('GET', configMaps)).body.items as unknown[]).length, 1);
});

test('what is not served says so', async () => {
  await using api = await openApi();
  assert.equal((await api.call('POST', `${configMaps}/a`, configMap('a'))).status, 405);
  const text = await api.call('POST', configMaps, 'x', { 'content-type': 'text/plain' });
  assert.deepEqual([text.status, text.body.reason], [415, 'UnsupportedMediaType']);
  const wrongKind = await api.call('POST', configMaps, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } });
  assert.equal(wrongKind.status, 400);
  const broken = await api.call('POST', configMaps, '{"a":');
  assert.equal(broken.status, 400);
});

test('a pod runs as a ServiceAccount that exists; the default one may still be on its way', async () => {
  await using api = await openApi();
  assert.equal(spec((await api.call('POST', pods, pod('plain'))).body).serviceAccountName, 'default');
  const refused = await api.call('POST', pods, pod('as-builder', { serviceAccountName: 'builder' }));
  assert.equal(refused.status, 403);
  assert.equal(
    refused.body.message,
    'pods "as-builder" is forbidden: error looking up service account default/builder: serviceaccount "builder" not found',
  );
  await api.call('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'builder' } });
  assert.equal((await api.call('POST', pods, pod('as-builder', { serviceAccountName: 'builder' }))).status, 201);
});

test('a patch with a value of the wrong type is the mistake of the patch: 422', async () => {
  await using api = await openApi();
  await api.call('POST', deployments, deployment('web'));
  for (const type of ['application/strategic-merge-patch+json', 'application/merge-patch+json']) {
    const { status, body } = await api.call(
      'PATCH',
      `${deployments}/web`,
      { spec: { replicas: 'two' } },
      { 'content-type': type },
    );
    assert.equal(status, 422);
    assert.equal(body.reason, 'Invalid');
    assert.match(String(body.message), /patch: Invalid value: .*spec\.replicas of type int32/);
  }
});

test('streams into a pod are refused with the reason, and a pod that is not there stays not found', async () => {
  await using api = await openApi();
  await api.call('POST', pods, pod('web'));
  for (const name of ['exec', 'attach', 'portforward', 'proxy']) {
    const { status, body } = await api.call('POST', `${pods}/web/${name}`);
    assert.equal(status, 400, name);
    assert.match(String(body.message), /not available/);
    assert.equal((await api.call('POST', `${pods}/missing/${name}`)).status, 404);
  }
});

test('who may read streams of a pod but not make them is told so, though a WebSocket is asked for with GET', async () => {
  const authorize: typeof everythingAllowed.authorize = (_, { verb, ...what }) => ({
    allowed: what.kind === 'path' || what.subresource !== 'exec' || verb === 'get',
    reason: '',
  });
  await using api = await openApi([], { ...everythingAllowed, authorize });
  await api.call('POST', pods, pod('web'));
  assert.deepEqual(
    [(await api.call('GET', `${pods}/web/exec`)).status, (await api.call('GET', `${pods}/web/attach`)).status],
    [403, 400],
  );
});

test('an update whose fields are in another order, or say zero values another way, changes nothing', async () => {
  await using api = await openApi();
  const services = '/api/v1/namespaces/default/services';
  const made = await api.call('POST', services, {
    metadata: { name: 's' },
    spec: { selector: { a: 'b' }, ports: [{ port: 80, name: '', nodePort: 0 }], externalIPs: [] },
  });
  assert.deepEqual((made.body.spec as JsonRecord).ports, [{ port: 80, protocol: 'TCP', targetPort: 80 }]);
  assert.equal((made.body.spec as JsonRecord).externalIPs, undefined);
  const reversed = (value: unknown): unknown =>
    isRecord(value)
      ? Object.fromEntries(
          Object.entries(value)
            .reverse()
            .map(([key, item]) => [key, reversed(item)]),
        )
      : Array.isArray(value)
        ? value.map(reversed)
        : value;
  const again = reversed(made.body) as JsonRecord;
  (again.spec as JsonRecord).publishNotReadyAddresses = false;
  const { body, text } = await api.call('PUT', `${services}/s`, again);
  assert.equal((body.metadata as JsonRecord).resourceVersion, (made.body.metadata as JsonRecord).resourceVersion, text);
});

test('a pod that is not ready goes where its budget does not count on it', async () => {
  await using api = await openApi();
  const merge = { 'content-type': 'application/merge-patch+json' };
  const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
  const answers: number[] = [];
  for (const [name, policy, healthy] of [
    ['a', 'AlwaysAllow', 0],
    ['b', 'IfHealthyBudget', 1],
    ['c', 'IfHealthyBudget', 0],
  ] as const) {
    await api.call('POST', pods, { ...pod(name), metadata: { name, labels: { name } } });
    await api.call('PATCH', `${pods}/${name}/status`, { status: { phase: 'Running' } }, merge);
    const spec = { minAvailable: 1, selector: { matchLabels: { name } }, unhealthyPodEvictionPolicy: policy };
    await api.call('POST', budgets, { metadata: { name }, spec });
    const status = { disruptionsAllowed: 0, observedGeneration: 1, desiredHealthy: 1, currentHealthy: healthy };
    await api.call('PATCH', `${budgets}/${name}/status`, { status }, merge);
    answers.push((await api.call('POST', `${pods}/${name}/eviction`, { metadata: { name } })).status);
  }
  assert.deepEqual(answers, [201, 201, 429]);
});

test('all namespaces cannot be deleted at once', async () => {
  await using api = await openApi();
  assert.equal((await api.call('DELETE', '/api/v1/namespaces')).status, 405);
});

test('a patch cannot change the uid, a PUT for another one is a conflict', async () => {
  await using api = await openApi();
  await api.call('POST', configMaps, configMap('a'));
  const change = { metadata: { uid: 'abc' } };
  const patched = await api.call('PATCH', `${configMaps}/a`, change, {
    'content-type': 'application/merge-patch+json',
  });
  assert.deepEqual(
    [patched.status, ((patched.body.details as JsonRecord).causes as JsonRecord[])[0]?.field],
    [422, 'metadata.uid'],
  );
  const put = await api.call('PUT', `${configMaps}/a`, configMap('a', { metadata: { name: 'a', uid: 'abc' } }));
  assert.equal(put.status, 409);
});

test('a deletion that waits for dependents is accepted, not done', async () => {
  await using api = await openApi();
  const held = (name: string) => configMap(name, { metadata: { name, finalizers: ['example.com/hold'] } });
  for (const name of ['a', 'b', 'c']) await api.call('POST', configMaps, held(name));
  const plain = await api.call('DELETE', `${configMaps}/a`);
  const foreground = await api.call('DELETE', `${configMaps}/b`, { propagationPolicy: 'Foreground' });
  const old = await api.call('DELETE', `${configMaps}/c`, { orphanDependents: false });
  assert.deepEqual([plain.status, foreground.status, old.status], [200, 202, 202]);
});

test('a read with the export parameter of old is refused', async () => {
  await using api = await openApi();
  await api.call('POST', configMaps, configMap('a'));
  assert.equal((await api.call('GET', `${configMaps}/a?export=true`)).status, 400);
});

test('an event says when and by whom, or is about something in its own namespace', async () => {
  await using api = await openApi();
  const events = '/api/v1/namespaces/default/events';
  const event = (more: JsonRecord) => ({ metadata: { name: 'e' }, ...more });
  const elsewhere = await api.call('POST', events, event({ involvedObject: { namespace: 'other' } }));
  assert.equal(elsewhere.status, 422);
  const today = { eventTime: '2026-01-01T00:00:00.000000Z', involvedObject: { namespace: 'other' } };
  const silent = await api.call('POST', events, event(today));
  assert.deepEqual(
    ((silent.body.details as JsonRecord).causes as JsonRecord[])
      .map(({ field, reason }) => `${field} ${reason}`)
      .slice(0, 1),
    ['reportingComponent FieldValueRequired'],
  );
  const who = { reportingComponent: 'a.io/b', reportingInstance: 'b-1', action: 'Doing', reason: 'Because' };
  assert.equal((await api.call('POST', events, event({ ...today, ...who }))).status, 201);
});

test('a daemon set counts the versions of its template in an annotation', async () => {
  await using api = await openApi();
  const path = '/apis/apps/v1/namespaces/default/daemonsets';
  const { spec, ...rest } = deployment('d');
  const countOf = ({ body }: { readonly body: JsonRecord }) =>
    ((body.metadata as JsonRecord).annotations as JsonRecord)['deprecated.daemonset.template.generation'];
  const created = await api.call('POST', path, { ...rest, kind: 'DaemonSet', spec });
  const merge = { 'content-type': 'application/merge-patch+json' };
  const labelled = await api.call('PATCH', `${path}/d`, { metadata: { labels: { a: 'b' } } }, merge);
  const restart = { spec: { template: { metadata: { annotations: { restarted: 'now' } } } } };
  const restarted = await api.call('PATCH', `${path}/d`, restart, merge);
  assert.deepEqual([countOf(created), countOf(labelled), countOf(restarted)], ['1', '1', '2']);
});

test('the core group’s version may be written as Go prints it, with a slash', async () => {
  await using api = await openApi();
  assert.equal((await api.call('POST', configMaps, { ...configMap('a'), apiVersion: '/v1' })).status, 201);
  assert.equal((await api.call('POST', configMaps, { ...configMap('b'), apiVersion: '/v2' })).status, 400);
});
