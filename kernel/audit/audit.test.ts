import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ApiHandler, ApiResponse, ApiStream, Identity } from '@diatom/sdk/api';
import type { Authorizer } from '../access/access.ts';
import { createFront } from '../http/front.ts';
import { type JsonRecord, recordAt } from '../kinds/json.ts';
import { createAudit } from './auditing.ts';
import { readPolicy } from './policy.ts';

const jane: Identity = { name: 'jane', groups: ['devs'], uid: 'u1' };
const authorizer: Authorizer = { authorize: () => ({ allowed: true, reason: 'because' }) };
const json = { 'content-type': 'application/json' };

interface Sent {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The lines one request leaves. */
async function lines(
  level: string,
  method: string,
  path: string,
  answer: ApiResponse,
  { body, headers = {} }: Sent = {},
) {
  const events: JsonRecord[] = [];
  const policy = readPolicy({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level }] });
  const audit = createAudit({ policy, authorizer, now: () => 0, write: (event) => events.push(event) });
  const api: ApiHandler = () => Promise.resolve(answer);
  const handle = createFront({ api, authorizer, audit, log: () => {} });
  const text = body === undefined ? '' : JSON.stringify(body);
  const request = {
    method,
    path,
    headers: { ...json, ...headers },
    body: Buffer.from(text),
    sourceAddress: '127.0.0.9',
  };
  const response = await handle(request, jane);
  if (typeof response.body === 'object' && 'cancel' in response.body) response.body.cancel();
  return events;
}

const made = (object: object): ApiResponse => ({ status: 201, headers: json, body: JSON.stringify(object) });
const configMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { generateName: 'c-', managedFields: [] },
  data: { a: 'b' },
};
const stored = { ...configMap, metadata: { name: 'c-1', uid: 'x', resourceVersion: '7' } };
const path = '/api/v1/namespaces/a/configmaps';

describe('the audit log', () => {
  it('says who asked what, from where, and how it was answered', async () => {
    const [received, complete, ...others] = await lines('Metadata', 'POST', path, made(stored), {
      body: configMap,
      headers: { 'user-agent': 'kubectl', 'audit-id': 'id-1', authorization: 'Bearer hidden' },
    });
    assert.equal(others.length, 0);
    const common = {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID: 'id-1',
      requestURI: path,
      verb: 'create',
      user: { username: 'jane', uid: 'u1', groups: ['devs'] },
      sourceIPs: ['127.0.0.9'],
      userAgent: 'kubectl',
      requestReceivedTimestamp: '1970-01-01T00:00:00.000000Z',
      stageTimestamp: '1970-01-01T00:00:00.000000Z',
    };
    const reference = { resource: 'configmaps', namespace: 'a', apiVersion: 'v1' };
    assert.deepEqual(received, { ...common, stage: 'RequestReceived', objectRef: reference });
    assert.deepEqual(complete, {
      ...common,
      stage: 'ResponseComplete',
      objectRef: { ...reference, name: 'c-1', uid: 'x', resourceVersion: '7' },
      responseStatus: { metadata: {}, code: 201 },
      annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': 'because' },
    });
  });

  it('has the objects its level asks for', async () => {
    const last = async (level: string) => (await lines(level, 'POST', path, made(stored), { body: configMap })).at(-1);
    assert.deepEqual((await last('Request'))?.requestObject, configMap);
    assert.equal((await last('Request'))?.responseObject, undefined);
    assert.deepEqual((await last('RequestResponse'))?.responseObject, stored);
    assert.deepEqual(await lines('None', 'POST', path, made(stored), { body: configMap }), []);
  });

  it('never has the data of Secrets or tokens, in whatever shape they come', async () => {
    const hidden = 'hunter2';
    const lastApplied = { 'kubectl.kubernetes.io/last-applied-configuration': `{"stringData":{"p":"${hidden}"}}` };
    const secret = {
      kind: 'Secret',
      metadata: { name: 's', annotations: lastApplied },
      data: { p: hidden },
      stringData: { p: hidden },
    };
    const secrets = '/api/v1/namespaces/a/secrets';
    const attempts = [
      lines('RequestResponse', 'POST', secrets, made(secret), { body: secret }),
      lines('RequestResponse', 'GET', secrets, { ...made({ kind: 'SecretList', items: [secret] }), status: 200 }),
      lines('RequestResponse', 'GET', secrets, made({ kind: 'Table', rows: [{ cells: [], object: secret }] })),
      lines('RequestResponse', 'PATCH', `${secrets}/s`, made(secret), {
        body: [{ op: 'add', path: '/data/p', value: hidden }],
        headers: { 'content-type': 'application/json-patch+json' },
      }),
      lines(
        'RequestResponse',
        'POST',
        '/api/v1/namespaces/a/serviceaccounts/r/token',
        made({ kind: 'TokenRequest', status: { token: hidden } }),
      ),
      lines('RequestResponse', 'POST', '/apis/authentication.k8s.io/v1/tokenreviews', made({ status: {} }), {
        body: { kind: 'TokenReview', spec: { token: hidden } },
      }),
      lines('RequestResponse', 'GET', '/api/v1/pods', made({}), { headers: { authorization: `Bearer ${hidden}` } }),
    ];
    for (const events of await Promise.all(attempts)) {
      assert.equal(events.length, 2);
      assert.ok(!JSON.stringify(events).includes(hidden), JSON.stringify(events));
    }
  });

  it('tells whom somebody acts as', async () => {
    const headers = { 'impersonate-user': 'bob' };
    const event = (await lines('Metadata', 'GET', path, made({}), { headers })).at(-1);
    assert.equal(recordAt(event, 'user').username, 'jane');
    assert.deepEqual(event?.impersonatedUser, { username: 'bob', groups: ['system:authenticated'] });
  });

  it('has the beginning and the end of a watch', async () => {
    const body: ApiStream = { chunks: (async function* () {})(), cancel: () => {} };
    const events = await lines('Metadata', 'GET', `${path}?watch=true`, { status: 200, headers: {}, body });
    assert.deepEqual(
      events.map(({ stage, verb }) => `${stage} ${verb}`),
      ['RequestReceived watch', 'ResponseStarted watch', 'ResponseComplete watch'],
    );
  });

  it('says why something was refused', async () => {
    const refusal = { kind: 'Status', status: 'Failure', message: 'no', reason: 'Forbidden', code: 403 };
    const event = (await lines('Metadata', 'DELETE', `${path}/c`, { ...made(refusal), status: 403 })).at(-1);
    assert.deepEqual(event?.responseStatus, {
      metadata: {},
      status: 'Failure',
      message: 'no',
      reason: 'Forbidden',
      code: 403,
    });
    assert.equal(event?.verb, 'delete');
  });
});
