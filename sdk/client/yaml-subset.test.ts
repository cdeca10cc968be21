import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseYamlSubset } from './yaml-subset.ts';

test('a kubeconfig as kubectl writes it is read', () => {
  const config = parseYamlSubset(`apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: LS0t==
    server: https://127.0.0.1:6443  # here
  name: "my: cluster"
contexts:
  - context: {"cluster": "my: cluster", "user": "me"}
    name: here
current-context: here
preferences: {}
users:
- name: me
  user:
    exec:
      args:
      - -c
      - 'it''s'
      command: sh
      env: null
    token: |
      first
      second
`);
  assert.deepEqual(config, {
    apiVersion: 'v1',
    clusters: [
      {
        cluster: { 'certificate-authority-data': 'LS0t==', server: 'https://127.0.0.1:6443' },
        name: 'my: cluster',
      },
    ],
    contexts: [{ context: { cluster: 'my: cluster', user: 'me' }, name: 'here' }],
    'current-context': 'here',
    preferences: {},
    users: [{ name: 'me', user: { exec: { args: ['-c', "it's"], command: 'sh', env: '' }, token: 'first\nsecond\n' } }],
  });
});

for (const [source, expected] of [
  ['a: &anchor b', /line 1 uses an anchor/],
  ['a:\n  b: c\n d: e', /line 3/],
  ['just text', /line 1 is not `key: value`/],
] as const) {
  test(`what it does not know is refused with its line: ${JSON.stringify(source)}`, () => {
    assert.throws(() => parseYamlSubset(source), expected);
  });
}
