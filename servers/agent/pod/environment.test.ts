import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod } from '@diatom/sdk';
import { environmentOf, sourcesOf } from './environment.ts';

const facts = { podIP: '127.20.0.5', hostIP: '127.0.0.1', nodeName: 'here' };
const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'hello', namespace: 'default', uid: 'u1', labels: { app: 'hello' } },
  spec: { containers: [] },
};
const container = (over: Partial<Container>): Container => ({ name: 'hello', ...over });

test('variables come from values, fields, ConfigMaps and Secrets; later ones win and see earlier ones', () => {
  const subject = container({
    envFrom: [{ prefix: 'C_', configMapRef: { name: 'c' } }, { secretRef: { name: 's' } }],
    env: [
      { name: 'A', value: '1' },
      { name: 'B', value: '$(A)-$(NONE)-$$(A)' },
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 's', key: 'password' } } },
      { name: 'MAYBE', valueFrom: { configMapKeyRef: { name: 'none', key: 'x', optional: true } } },
      { name: 'C_x', value: 'replaced' },
      { name: 'INHERITED', value: '$(constructor)' },
    ],
  });
  assert.deepEqual(sourcesOf(subject), [
    { kind: 'ConfigMap', name: 'c' },
    { kind: 'Secret', name: 's' },
    { kind: 'ConfigMap', name: 'none' },
  ]);
  const sources = new Map([
    ['ConfigMap/c', { x: 'from map', y: '2' }],
    ['Secret/s', { password: 'hush' }],
  ]);
  assert.deepEqual(environmentOf(pod, subject, sources, facts), {
    C_x: 'replaced',
    C_y: '2',
    password: 'hush',
    A: '1',
    B: '1-$(NONE)-$(A)',
    IP: '127.20.0.5',
    APP: 'hello',
    PASSWORD: 'hush',
    INHERITED: '$(constructor)',
  });
});

test('what is missing is named in the words of the kubelet', () => {
  const key = container({ env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } }] });
  assert.throws(() => environmentOf(pod, key, new Map(), facts), { message: 'configmap "c" not found' });
  assert.throws(() => environmentOf(pod, key, new Map([['ConfigMap/c', {}]]), facts), {
    message: "couldn't find key k in ConfigMap default/c",
  });
  const inherited = container({
    env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'c', key: 'constructor' } } }],
  });
  assert.throws(() => environmentOf(pod, inherited, new Map([['ConfigMap/c', {}]]), facts), {
    message: "couldn't find key constructor in ConfigMap default/c",
  });
  const field = container({ env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath: 'spec.nope' } } }] });
  assert.throws(() => environmentOf(pod, field, new Map(), facts), { message: 'unsupported fieldPath: spec.nope' });
});
