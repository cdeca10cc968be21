import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '@diatom/sdk';
import { bootProblem } from './boot-annotation.ts';

const service = (wish: string | undefined, selector?: Record<string, string>): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 's', ...(wish === undefined ? {} : { annotations: { 'diatom.dev/boot': wish } }) },
  spec: selector === undefined ? {} : { selector },
});

test('a Service that asks for what nobody can give is told so', () => {
  assert.equal(bootProblem(service(undefined)), undefined);
  assert.equal(bootProblem(service('per-connection', { app: 'a' })), undefined);
  assert.match(bootProblem(service('per-connection')) ?? '', /without a selector/);
  assert.match(bootProblem(service('per-request', { app: 'a' })) ?? '', /"per-request" is not known/);
});
