import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Access } from '../access/access.ts';
import { forbidden } from '../wire/status.ts';
import { openApi } from './test-api.ts';

const path = '/api/v1/namespaces/default/configmaps';
const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };

test('who may not make an object is not told that it is there', async () => {
  let isRefused = false;
  const unexpected = (): never => {
    throw new Error('this test does not expect a review');
  };
  const access: Access = {
    authorize: () => ({ allowed: true, reason: '' }),
    admit: ({ name }) => (isRefused ? forbidden({ group: '', resource: 'configmaps' }, name, 'no').status : undefined),
    reviews: {
      selfSubjectAccessReview: unexpected,
      subjectAccessReview: unexpected,
      localSubjectAccessReview: unexpected,
      selfSubjectRulesReview: unexpected,
      selfSubjectReview: unexpected,
      tokenReview: unexpected,
      tokenRequest: unexpected,
    },
  };
  await using api = await openApi([], access);
  assert.equal((await api.call('POST', path, object)).status, 201);
  assert.equal((await api.call('POST', path, object)).status, 409);
  isRefused = true;
  assert.equal((await api.call('POST', path, object)).status, 403);
});
