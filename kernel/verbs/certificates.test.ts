import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordAt, recordsAt } from '../kinds/json.ts';
import { openApi } from './test-api.ts';

const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const pem = '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n';
const request = (name: string) => ({
  metadata: { name },
  spec: {
    request: Buffer.from(pem).toString('base64'),
    signerName: 'example.com/tests',
    usages: ['client auth'],
    username: 'somebody-else',
  },
});
const approved = { type: 'Approved', status: 'True', reason: 'Test' };

test('a signing request says who asked, and only the approval decides it', async () => {
  await using api = await openApi();
  const created = await api.call('POST', requests, request('a'));
  assert.equal(created.status, 201, created.text);
  assert.equal(recordAt(created.body, 'spec').username, 'admin');
  const { body: object } = created;

  const byStatus = await api.call('PUT', `${requests}/a/status`, { ...object, status: { conditions: [approved] } });
  assert.equal(byStatus.status, 200, byStatus.text);
  assert.deepEqual(recordsAt(byStatus.body, 'status', 'conditions'), []);

  const certificate = Buffer.from('x').toString('base64');
  const status = { conditions: [approved], certificate };
  const byApproval = await api.call('PUT', `${requests}/a/approval`, { ...byStatus.body, status });
  assert.equal(byApproval.status, 200, byApproval.text);
  const [condition] = recordsAt(byApproval.body, 'status', 'conditions');
  assert.equal(condition?.type, 'Approved');
  assert.equal(condition?.lastUpdateTime, '2026-01-01T00:00:00Z');
  assert.equal(recordAt(byApproval.body, 'status').certificate, undefined);

  const denied = { type: 'Denied', status: 'True' };
  const both = { ...byApproval.body, status: { conditions: [approved, denied] } };
  const { status: code, text } = await api.call('PUT', `${requests}/a/approval`, both);
  assert.equal(code, 422);
  assert.match(text, /mutually exclusive/);

  const issued = { ...byApproval.body, status: { ...recordAt(byApproval.body, 'status'), certificate } };
  const signed = await api.call('PUT', `${requests}/a/status`, issued);
  assert.equal(recordAt(signed.body, 'status').certificate, certificate, signed.text);
});

test('a signing request that is none, or names no signer, is refused', async () => {
  await using api = await openApi();
  const broken = { ...request('b'), spec: { ...request('b').spec, request: 'eA==', signerName: 'nobody' } };
  const { status, text } = await api.call('POST', requests, broken);
  assert.equal(status, 422);
  assert.match(text, /PEM block type must be CERTIFICATE REQUEST/);
  assert.match(text, /spec\.signerName/);
});
