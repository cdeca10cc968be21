import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeTyped } from './decode-typed.ts';
import type { JsonRecord } from './json.ts';
import { schemaOf } from './type-table.ts';

const decode = (kind: string, value: JsonRecord) => decodeTyped(schemaOf(`core.v1.${kind}`), value, kind, 'v1');

test('a wrong type is named by fields alone, as Go does it: no items, no map keys', () => {
  const cases: readonly (readonly [string, JsonRecord, string])[] = [
    ['ConfigMap', { data: { a: 5 } }, 'number into Go struct field ConfigMap.data of type string'],
    [
      'Pod',
      { spec: { nodeSelector: { a: true } } },
      'bool into Go struct field PodSpec.spec.nodeSelector of type string',
    ],
    ['Pod', { spec: { containers: {} } }, 'object into Go struct field PodSpec.spec.containers of type []v1.Container'],
    [
      'Pod',
      { spec: { containers: [{ env: [{ value: 5 }] }] } },
      'number into Go struct field EnvVar.spec.containers.env.value of type string',
    ],
  ];
  for (const [kind, value, expected] of cases) {
    assert.throws(() => decode(kind, value), {
      message: `${kind} in version "v1" cannot be handled as a ${kind}: json: cannot unmarshal ${expected}`,
    });
  }
});

test('an unknown field is named with its item', () => {
  const { object, unknownFields } = decode('Pod', { spec: { containers: [{ name: 'a', Image: 'x' }], bogus: 1 } });
  assert.deepEqual(unknownFields, ['spec.containers[0].Image', 'spec.bogus']);
  assert.deepEqual(object, { spec: { containers: [{ name: 'a' }] } });
});
