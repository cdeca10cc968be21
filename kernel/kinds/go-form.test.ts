import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../fuzz/chance.ts';
import { sampleOf } from '../fuzz/values.ts';
import { builtInRows } from './built-in.ts';
import { toGoForm } from './go-form.ts';
import type { JsonRecord } from './json.ts';
import { schemaOf } from './type-table.ts';

function formed(type: string, object: JsonRecord): JsonRecord {
  const copy = structuredClone(object);
  toGoForm(schemaOf(type), copy);
  return copy;
}

/** What upstream makes of each, read off its Go types (k8s.io/api v0.35). */
const cases: readonly (readonly [string, string, JsonRecord, JsonRecord])[] = [
  [
    'zero values with omitempty are left out',
    'core.v1.ContainerPort',
    { name: '', hostPort: 0, containerPort: 80, protocol: 'TCP', hostIP: '' },
    { containerPort: 80, protocol: 'TCP' },
  ],
  ['those without it are there', 'core.v1.ContainerPort', {}, { containerPort: 0 }],
  [
    'a pointer to a zero value is a value',
    'core.v1.PersistentVolumeClaimSpec',
    { storageClassName: '', volumeName: '' },
    { storageClassName: '', resources: {} },
  ],
  ['a struct is never absent', 'core.v1.Container', { name: 'a' }, { name: 'a', resources: {} }],
  [
    'a list without omitempty is null, one with it is left out when empty',
    'rbac.v1.ClusterRole',
    { metadata: {}, aggregationRule: { clusterRoleSelectors: [] } },
    { metadata: {}, aggregationRule: {}, rules: null },
  ],
  [
    'a time that is no pointer is null, a quantity 0',
    'core.v1.PodCondition',
    { type: 'Ready', status: 'True' },
    { type: 'Ready', status: 'True', lastProbeTime: null, lastTransitionTime: null },
  ],
  [
    'a quantity that is no pointer is 0',
    'core.v1.ResourceFieldSelector',
    { resource: 'x' },
    { resource: 'x', divisor: '0' },
  ],
  ['metadata has no zero time', 'core.v1.PodTemplateSpec', {}, { metadata: {}, spec: { containers: null } }],
  [
    'what is in lists and maps is formed too',
    'core.v1.PodSpec',
    { containers: [{ name: 'a', tty: false, env: [] }], volumes: [], nodeSelector: {} },
    { containers: [{ name: 'a', resources: {} }] },
  ],
  [
    'schemas below schemas',
    'apiextensions.v1.JSONSchemaProps',
    { type: 'object', description: '', items: { nullable: false, type: 'string' }, default: { a: '' } },
    { type: 'object', items: { type: 'string' }, default: { a: '' } },
  ],
];

for (const [what, type, object, expected] of cases) {
  test(`${what} (${type})`, () => assert.deepEqual(formed(type, object), expected));
}

test('the form of a form is itself, for every kind (seed 11)', () => {
  const chance = seeded(11);
  for (const { type } of builtInRows) {
    for (let count = 0; count < 10; count++) {
      const once = formed(type, sampleOf(chance, schemaOf(type)) as JsonRecord);
      assert.deepEqual(formed(type, once), once, type);
    }
  }
});
