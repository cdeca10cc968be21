import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../kinds/json.ts';
import { openApi } from './test-api.ts';

const core = '/api/v1/namespaces/default/events';
const fresh = '/apis/events.k8s.io/v1/namespaces/default/events';

const event = (name: string): JsonRecord => ({
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { name },
  regarding: { kind: 'Pod', name: 'web', namespace: 'default' },
  note: 'hello',
  reason: 'Greeting',
  reportingController: 'test',
  type: 'Normal',
});

test('events of events.k8s.io and of core are the same objects in two spellings', async () => {
  await using api = await openApi();
  const watch = await api.watch(`${fresh}?watch=true`);
  const created = await api.call('POST', fresh, event('a'));
  assert.deepEqual([created.status, created.body.apiVersion, created.body.note], [201, 'events.k8s.io/v1', 'hello']);
  const old = await api.call('GET', `${core}/a`);
  assert.deepEqual(
    [old.body.apiVersion, old.body.message, (old.body.involvedObject as JsonRecord).name],
    ['v1', 'hello', 'web'],
  );
  assert.equal((await watch.next()).object.note, 'hello');
  await api.call('PATCH', `${core}/a`, { count: 3 }, { 'content-type': 'application/merge-patch+json' });
  const changed = (await watch.next()).object;
  assert.deepEqual([changed.deprecatedCount, changed.apiVersion], [3, 'events.k8s.io/v1']);
  const selected = await api.call('GET', `${fresh}?fieldSelector=regarding.name%3Dweb`);
  assert.deepEqual([selected.body.kind, (selected.body.items as JsonRecord[])[0]?.note], ['EventList', 'hello']);
  // The source of an event is its component, or the controller that reports it.
  for (const field of ['source', 'reportingComponent']) {
    const reported = await api.call('GET', `${core}?fieldSelector=${field}%3Dtest`);
    assert.equal((reported.body.items as JsonRecord[])[0]?.message, 'hello', field);
  }
  const patched = await api.call('PATCH', `${fresh}/a`, [{ op: 'replace', path: '/note', value: 'bye' }], {
    'content-type': 'application/json-patch+json',
  });
  assert.deepEqual([patched.status, patched.body.note], [200, 'bye']);
  const merged = await api.call(
    'PATCH',
    `${fresh}/a`,
    { note: 'again' },
    { 'content-type': 'application/strategic-merge-patch+json' },
  );
  assert.equal(merged.body.note, 'again');
  const strict = await api.call('POST', `${fresh}?fieldValidation=Strict`, { ...event('b'), message: 'x' });
  assert.match(String(strict.body.message), /unknown field "message"/);
  const deleted = await api.call('DELETE', `${fresh}/a`);
  assert.equal(deleted.body.status, 'Success');
});
