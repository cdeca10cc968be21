import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AuditedRequest, readPolicy, treatmentOf } from './policy.ts';

const policyOf = (rules: readonly object[], more: object = {}): unknown => ({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  rules,
  ...more,
});

const request = (more: Partial<AuditedRequest> = {}, resource: object = {}): AuditedRequest => ({
  user: 'jane',
  groups: ['devs'],
  verb: 'get',
  target: { kind: 'resource', group: '', resource: 'pods', subresource: '', namespace: 'a', name: 'p', ...resource },
  ...more,
});

const levelOf = (rules: readonly object[], asked: AuditedRequest): string =>
  treatmentOf(readPolicy(policyOf(rules)), asked).level;

describe('an audit policy', () => {
  it('goes by its first rule that fits, and writes nothing without one', () => {
    const rules = [
      { level: 'None', users: ['jane'], verbs: ['watch'] },
      { level: 'Request', userGroups: ['devs', 'ops'] },
    ];
    assert.equal(levelOf(rules, request({ verb: 'watch' })), 'None');
    assert.equal(levelOf(rules, request()), 'Request');
    assert.equal(levelOf(rules, request({ groups: [] })), 'None');
  });

  it('tells resources, subresources, names and namespaces apart', () => {
    const fits = (rule: object, resource: object = {}) =>
      levelOf([{ level: 'Metadata', ...rule }], request({}, resource)) !== 'None';
    const resources = (...names: string[]) => ({ resources: [{ group: '', resources: names }] });
    assert.ok(fits(resources('pods')));
    assert.ok(!fits(resources('pods'), { subresource: 'log' }));
    assert.ok(!fits(resources('pods'), { group: 'metrics.k8s.io' }));
    for (const pattern of ['pods/log', '*/log', 'pods/*', '*'])
      assert.ok(fits(resources(pattern), { subresource: 'log' }), pattern);
    assert.ok(!fits(resources('*/log')));
    assert.ok(fits({ resources: [{ group: '' }] }));
    assert.ok(!fits({ resources: [{ group: '', resources: ['pods'], resourceNames: ['q'] }] }));
    assert.ok(fits({ namespaces: ['a'] }));
    assert.ok(!fits({ namespaces: ['b'] }));
    assert.ok(fits({ namespaces: [''] }, { namespace: '', resource: 'nodes' }));
    assert.ok(!fits({ nonResourceURLs: ['*'] }));
  });

  it('knows paths', () => {
    const target = { kind: 'path', path: '/healthz/ping' } as const;
    const fits = (...nonResourceURLs: string[]) =>
      levelOf([{ level: 'Metadata', nonResourceURLs }], request({ target })) !== 'None';
    assert.deepEqual([fits('/healthz*'), fits('/healthz'), fits('*')], [true, false, true]);
    assert.equal(levelOf([{ level: 'Metadata', resources: [{ group: '' }] }], request({ target })), 'None');
  });

  it('leaves out stages and managed fields as the rule and the policy say', () => {
    const rules = [{ level: 'Metadata', omitStages: ['ResponseStarted'], omitManagedFields: false }];
    const policy = readPolicy(policyOf(rules, { omitStages: ['RequestReceived'], omitManagedFields: true }));
    const { omitStages, omitManagedFields } = treatmentOf(policy, request());
    assert.deepEqual([omitStages, omitManagedFields], [['RequestReceived', 'ResponseStarted'], false]);
  });

  const mistakes: readonly (readonly [unknown, RegExp])[] = [
    [null, /no object/],
    [{ kind: 'Policy' }, /apiVersion has to be audit\.k8s\.io\/v1/],
    [policyOf([]), /rules: there has to be one/],
    [policyOf([{ level: 'All' }]), /rules\[0\]\.level: it is All/],
    [policyOf([{ level: 'None', omitStages: ['End'] }]), /rules\[0\]\.omitStages: End is no stage/],
    [policyOf([{ level: 'None', nonResourceURLs: ['/a*b'] }]), /may have a \* only at its end/],
    [policyOf([{ level: 'None', nonResourceURLs: ['/a'], namespaces: ['b'] }]), /not both/],
    [policyOf([{ level: 'None', resources: [{ group: 'apps/v1' }] }]), /goes without/],
    [policyOf([{ level: 'None', resources: [{ resourceNames: ['a'] }] }]), /names need resources/],
  ];
  for (const [document, message] of mistakes) {
    it(`is refused: ${message.source}`, () => assert.throws(() => readPolicy(document), message));
  }
});
