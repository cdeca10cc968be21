import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../kinds/json.ts';
import type { KindDefinition } from '../kinds/registry.ts';
import type { Field, Schema } from '../kinds/schema.ts';
import { schemaOf } from '../kinds/type-table.ts';
import { openApi } from './test-api.ts';

const field = (schema: Schema): Field => ({ schema, required: false, protobuf: 0, wrapped: false, patchStrategy: [] });
const string: Schema = { type: 'string' };

/** A kind nobody has written a line of code for. */
const lamps: KindDefinition = {
  group: 'home',
  version: 'v1',
  kind: 'Lamp',
  resource: 'lamps',
  namespaced: true,
  shortNames: ['lp'],
  subresources: ['status', 'scale'],
  selectable: ['spec.room'],
  rules: { generation: true },
  scale: { specReplicas: ['spec', 'bulbs'], statusReplicas: ['status', 'lit'], selector: undefined },
  columns: [
    {
      name: 'Room',
      type: 'string',
      description: '',
      priority: 0,
      cell: (lamp) => String((lamp.spec as JsonRecord).room),
    },
  ],
  schema: {
    type: 'object',
    fields: new Map([
      ['apiVersion', field(string)],
      ['kind', field(string)],
      ['metadata', field(schemaOf('meta.v1.ObjectMeta'))],
      [
        'spec',
        field({
          type: 'object',
          fields: new Map([
            ['room', field(string)],
            ['bulbs', field({ type: 'integer', format: 'int32' })],
          ]),
        }),
      ],
      ['status', field({ type: 'object', fields: new Map([['lit', field({ type: 'integer', format: 'int32' })]]) })],
    ]),
  },
};

test('a kind registered by data alone has every verb', async () => {
  await using api = await openApi([lamps]);
  const path = '/apis/home/v1/namespaces/default/lamps';
  const lamp = { apiVersion: 'home/v1', kind: 'Lamp', metadata: { name: 'a' }, spec: { room: 'kitchen', bulbs: 2 } };
  assert.equal((await api.call('POST', path, lamp)).status, 201);
  const watch = await api.watch(`${path}?watch=true`);
  assert.equal((await watch.next()).type, 'ADDED');
  assert.equal((await api.call('GET', `${path}/a`)).status, 200);
  const selected = await api.call('GET', `${path}?fieldSelector=spec.room%3Dkitchen`);
  assert.equal((selected.body.items as unknown[]).length, 1);
  assert.equal((await api.call('PUT', `${path}/a`, { ...lamp, spec: { room: 'hall', bulbs: 2 } })).status, 200);
  for (const type of ['merge-patch', 'strategic-merge-patch']) {
    const patched = await api.call(
      'PATCH',
      `${path}/a`,
      { spec: { room: type } },
      { 'content-type': `application/${type}+json` },
    );
    assert.equal((patched.body.spec as JsonRecord).room, type);
  }
  const status = await api.call(
    'PATCH',
    `${path}/a/status`,
    { status: { lit: 1 } },
    { 'content-type': 'application/merge-patch+json' },
  );
  assert.deepEqual(status.body.status, { lit: 1 });
  const scale = await api.call('PUT', `${path}/a/scale`, { spec: { replicas: 4 } });
  assert.deepEqual([scale.body.spec, scale.body.status], [{ replicas: 4 }, { replicas: 1 }]);
  const table = await api.call('GET', path, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
  assert.deepEqual((table.body.rows as JsonRecord[])[0]?.cells, ['a', 'strategic-merge-patch']);
  const discovery = await api.call('GET', '/apis/home/v1');
  assert.deepEqual(
    (discovery.body.resources as JsonRecord[]).map((resource) => resource.name),
    ['lamps', 'lamps/status', 'lamps/scale'],
  );
  const document = await api.call('GET', '/openapi/v3/apis/home/v1');
  assert.match(document.text, /"kind":"Lamp"/);
  const unknown = await api.call('POST', `${path}?fieldValidation=Strict`, { ...lamp, spec: { rooms: 1 } });
  assert.match(String(unknown.body.message), /unknown field "spec.rooms"/);
  assert.equal((await api.call('DELETE', `${path}/a`)).status, 200);
  assert.equal((await api.call('DELETE', path)).status, 200);
});
