import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, Service } from '@diatom/sdk';
import { askingServices, bootOf, whenToBoot } from './boot.ts';

const pod = (annotations: Readonly<Record<string, string>> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'default', labels: { app: 'hello', tier: 'web' }, annotations },
  spec: { containers: [{ name: 'main' }] },
});

function service(name: string, over: Partial<Service['metadata']> = {}, selector?: Record<string, string>): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default', annotations: { 'diatom.dev/boot': 'per-connection' }, ...over },
    spec: selector === undefined ? {} : { selector },
  };
}

test('instances boot at once, on the first connection, or for each connection', () => {
  assert.deepEqual(bootOf(pod(), [], 'process'), { when: 'eager', idleTimeoutMs: 0, timeLimitMs: 0, problems: [] });
  const lazy = bootOf(pod({ 'diatom.dev/idle-timeout': '30s' }), [], 'hvt');
  assert.deepEqual(lazy, { when: 'lazy', idleTimeoutMs: 30_000, timeLimitMs: 0, problems: [] });
  const each = bootOf(pod({ 'diatom.dev/boot': 'per-connection' }), [], 'hvt');
  assert.deepEqual(each, { when: 'per-connection', idleTimeoutMs: 0, timeLimitMs: 0, problems: [] });
});

test('only virtual machines boot for each connection, and whoever asked is named', () => {
  const [own = ''] = bootOf(pod({ 'diatom.dev/boot': 'per-connection' }), [], 'process').problems;
  assert.match(own, /^annotation diatom\.dev\/boot: .* needs runtimeClassName: hvt; this pod runs as process$/);
  const [foreign = ''] = bootOf(pod(), ['shop'], 'process').problems;
  assert.match(foreign, /^annotation diatom\.dev\/boot of Service shop: /);
});

test('instances for each connection may have a time limit, others not', () => {
  const limited = { 'diatom.dev/time-limit': '10s' };
  const { timeLimitMs, problems } = bootOf(pod({ ...limited, 'diatom.dev/boot': 'per-connection' }), [], 'hvt');
  assert.deepEqual([timeLimitMs, problems], [10_000, []]);
  const [misplaced = ''] = bootOf(pod(limited), [], 'hvt').problems;
  assert.match(misplaced, /^annotation diatom\.dev\/time-limit: only for diatom\.dev\/boot: per-connection$/);
});

test('what contradicts itself or is not known is a problem', () => {
  const both = pod({ 'diatom.dev/boot': 'per-connection', 'diatom.dev/idle-timeout': '5s' });
  assert.match(bootOf(both, [], 'hvt').problems[0] ?? '', /^annotation diatom\.dev\/idle-timeout: /);
  assert.match(bootOf(pod({ 'diatom.dev/boot': 'never' }), [], 'hvt').problems[0] ?? '', /"never" is not known/);
});

test('a Service asks for the pods it selects in its own namespace, when it is annotated', () => {
  const services = [
    service('b', {}, { app: 'hello' }),
    service('a', {}, { app: 'hello', tier: 'web' }),
    service('other-label', {}, { app: 'other' }),
    service('other-namespace', { namespace: 'other' }, { app: 'hello' }),
    service('not-annotated', { annotations: {} }, { app: 'hello' }),
    service('no-selector'),
  ];
  assert.deepEqual(askingServices(pod(), services), ['a', 'b']);
  assert.equal(whenToBoot(pod(), ['a', 'b']), 'per-connection');
  assert.equal(whenToBoot(pod(), []), 'eager');
});
