import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAllowed, isConnectRule, parseTarget } from './connect.ts';

const targets: readonly (readonly [string, string | undefined])[] = [
  ['api.example.com:443', 'api.example.com:443'],
  ['tls:api.example.com:443', 'api.example.com:443'],
  ['API.Example.COM.:443', 'api.example.com:443'],
  ['10.0.0.1:80', '10.0.0.1:80'],
  ['[::1]:80', '[::1]:80'],
  ['tls:[2001:DB8::1]:443', '[2001:db8::1]:443'],
  ['a_b.example:1', 'a_b.example:1'],
  ['', undefined],
  ['example.com', undefined],
  ['example.com:', undefined],
  ['example.com:0', undefined],
  ['example.com:65536', undefined],
  ['example.com:80 ', undefined],
  ['example.com:80\n{"slot":"other"}', undefined],
  ['tls:tls:example.com:80', undefined],
  ['http://example.com:80', undefined],
  ['user@example.com:80', undefined],
  ['*.example.com:80', undefined],
  ['-a.example:80', undefined],
  ['a..b:80', undefined],
  // What some resolvers take for addresses.
  ['127.1:80', undefined],
  ['2130706433:80', undefined],
  ['0x7f.0.0.1:80', undefined],
  ['0x7f000001:80', undefined],
  ['127.0.0.01:80', undefined],
  ['1.2.3.4.5:80', undefined],
  ['::1:80', undefined],
  ['[127.0.0.1]:80', undefined],
  [`${'a'.repeat(64)}.example:80`, undefined],
];

for (const [text, expected] of targets) {
  test(`${JSON.stringify(text)} is ${expected ?? 'no target'}`, () => assert.equal(parseTarget(text)?.text, expected));
}

const verdicts: readonly (readonly [target: string, rule: string, verdict: boolean])[] = [
  ['api.example.com:443', 'api.example.com:443', true],
  ['tls:API.example.com:443', 'Api.example.com:443', true],
  ['api.example.com:80', 'api.example.com:443', false],
  ['a.example.com:443', '*.example.com:443', true],
  ['a.b.example.com:443', '*.example.com:443', true],
  ['example.com:443', '*.example.com:443', false],
  ['badexample.com:443', '*.example.com:443', false],
  ['a.example.com.evil.net:443', '*.example.com:443', false],
  ['10.0.0.1:443', '*.1:443', false],
  ['10.0.0.1:443', '*.0.0.1:443', false],
  ['10.0.0.1:443', '10.0.0.1:443', true],
  ['[::1]:80', '[::1]:80', true],
];

for (const [target, rule, verdict] of verdicts) {
  test(`${rule} ${verdict ? 'allows' : 'does not allow'} ${target}`, () => {
    const parsed = parseTarget(target);
    assert.ok(parsed);
    assert.equal(isAllowed(parsed, [rule]), verdict);
  });
}

test('rules are checked as they will be read', () => {
  for (const rule of ['a:1', '*.example.com:443', '10.0.0.1:1', '[::1]:80', 'backend.default.svc:80'])
    assert.ok(isConnectRule(rule), rule);
  for (const rule of [
    '*:443',
    '*.:1',
    '*.*.example.com:1',
    'tls:a:1',
    'a',
    'a:b',
    '*.10.0.0.1:1',
    'a:99999',
    '*.[::1]:1',
  ]) {
    assert.ok(!isConnectRule(rule), rule);
  }
});
