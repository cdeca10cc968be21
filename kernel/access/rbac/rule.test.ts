import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Attributes } from '../access.ts';
import { describeRules, type PolicyRule, ruleAllows, uncovered } from './rule.ts';

const pods: PolicyRule = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] };
const get = (more: object): Attributes => ({ kind: 'resource', verb: 'get', group: '', resource: 'pods', ...more });
const path = (text: string): Attributes => ({ kind: 'path', verb: 'get', path: text });

describe('a rule', () => {
  const rows: readonly [PolicyRule, Attributes, boolean][] = [
    [pods, get({}), true],
    [pods, get({ namespace: 'a', name: 'b' }), true],
    [pods, get({ verb: 'watch' }), false],
    [pods, get({ group: 'apps' }), false],
    [pods, get({ subresource: 'log' }), false],
    [pods, path('/version'), false],
    [{ ...pods, verbs: ['*'] }, get({ verb: 'impersonate' }), true],
    [{ ...pods, apiGroups: ['*'] }, get({ group: 'apps' }), true],
    [{ ...pods, resources: ['*'] }, get({ resource: 'secrets', subresource: 'x' }), true],
    [{ ...pods, resources: ['pods/log'] }, get({ subresource: 'log' }), true],
    [{ ...pods, resources: ['pods/log'] }, get({}), false],
    [{ ...pods, resources: ['*/log'] }, get({ subresource: 'log' }), true],
    [{ ...pods, resources: ['*/log'] }, get({ subresource: 'exec' }), false],
    [{ ...pods, resourceNames: ['a'] }, get({ name: 'a' }), true],
    [{ ...pods, resourceNames: ['a'] }, get({ name: 'b' }), false],
    [{ ...pods, resourceNames: ['a'] }, get({}), false],
    [{ verbs: ['get'], nonResourceURLs: ['/version'] }, path('/version'), true],
    [{ verbs: ['get'], nonResourceURLs: ['/version'] }, path('/version/x'), false],
    [{ verbs: ['get'], nonResourceURLs: ['/api/*'] }, path('/api/v1'), true],
    [{ verbs: ['get'], nonResourceURLs: ['/api/*'] }, path('/api'), false],
    [{ verbs: ['get'], nonResourceURLs: ['*'] }, path('/anything'), true],
    [{ verbs: ['post'], nonResourceURLs: ['*'] }, path('/anything'), false],
  ];
  for (const [rule, attributes, allowed] of rows) {
    it(`${JSON.stringify(rule)} ${allowed ? 'allows' : 'does not allow'} ${JSON.stringify(attributes)}`, () => {
      assert.equal(ruleAllows(rule, attributes), allowed);
    });
  }
});

describe('covering', () => {
  const rows: readonly [string, PolicyRule[], PolicyRule[], number][] = [
    ['the same rule', [pods], [pods], 0],
    ['a verb too many', [pods], [{ ...pods, verbs: ['get', 'delete'] }], 1],
    ['two rules together', [pods, { ...pods, verbs: ['delete'] }], [{ ...pods, verbs: ['get', 'delete'] }], 0],
    ['a wildcard asked for', [pods], [{ ...pods, verbs: ['*'] }], 1],
    ['a wildcard owned', [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }], [pods], 0],
    ['a name owned, all asked for', [{ ...pods, resourceNames: ['a'] }], [pods], 2],
    ['all owned, a name asked for', [pods], [{ ...pods, resourceNames: ['a'] }], 0],
    ['a subresource', [pods], [{ ...pods, resources: ['pods/log'] }], 2],
    ['a subresource by wildcard', [{ ...pods, resources: ['*/log'] }], [{ ...pods, resources: ['pods/log'] }], 0],
    ['a path', [{ verbs: ['get'], nonResourceURLs: ['/a/*'] }], [{ verbs: ['get'], nonResourceURLs: ['/a/b'] }], 0],
    [
      'a wider path',
      [{ verbs: ['get'], nonResourceURLs: ['/a/b'] }],
      [{ verbs: ['get'], nonResourceURLs: ['/a/*'] }],
      1,
    ],
  ];
  for (const [what, owned, wanted, lacking] of rows) {
    it(`${what}: ${lacking} lacking`, () => assert.equal(uncovered(owned, wanted).length, lacking));
  }

  it('is described as Kubernetes does', () => {
    const lacking = uncovered([], [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] }]);
    assert.equal(describeRules(lacking), '{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}');
  });
});
