import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod } from '@diatom/sdk';
import { noticesOf, parseDurationMs, problemsOf } from './problems.ts';

function check(spec: Partial<Pod['spec']>, over: Partial<Container> & Record<string, unknown> = {}) {
  const container: Container = { name: 'hello', image: 'hello', ...over };
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [container], ...spec },
  };
  return problemsOf(pod, container).map((problem) => problem.split(':')[0]);
}

test('what a sealed image cannot honour is refused by the name of its field', () => {
  assert.deepEqual(check({}), []);
  assert.deepEqual(check({ hostNetwork: true }), ['hostNetwork']);
  assert.deepEqual(check({ initContainers: [{ name: 'a' }] }), ['initContainers']);
  assert.deepEqual(check({}, { command: ['sh'], args: ['-c'] }), ['command', 'args']);
  assert.deepEqual(check({}, { livenessProbe: { exec: { command: ['true'] } } }), ['probes']);
  assert.deepEqual(check({}, { ports: [{ containerPort: 53, protocol: 'UDP' }] }), ['ports']);
  assert.deepEqual(check({}, { securityContext: { privileged: true } }), ['securityContext']);
  assert.deepEqual(check({ volumes: [{ name: 'data', hostPath: { path: '/' } }] }), ['volumes']);
  assert.deepEqual(check({ volumes: [{ name: 'token', projected: {} }] }), []);
});

test('what is left out without harm is said', () => {
  const container: Container = {
    name: 'hello',
    volumeMounts: [{ mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }, { mountPath: '/data' }],
    resources: { limits: { cpu: '1' } },
    livenessProbe: { tcpSocket: { port: 80 } },
  };
  assert.equal(noticesOf(container, 'eager').length, 2);
  assert.match(noticesOf(container, 'lazy')[2] ?? '', /livenessProbe .* would keep the pod awake/);
  assert.match(noticesOf(container, 'per-connection')[2] ?? '', /probes .* are not run/);
});

test('durations are read as Go writes them', () => {
  assert.deepEqual(['30s', '1m30s', '250ms', '1.5h', '0s', '30', '', '-1s', 's'].map(parseDurationMs), [
    30_000,
    90_000,
    250,
    5_400_000,
    0,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
