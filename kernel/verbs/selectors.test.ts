import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kinds } from '../kinds/kinds.ts';
import { parseSelectors, selectedName } from './selectors.ts';
import { openApi } from './test-api.ts';

const labels = { app: 'web', tier: 'front', 'example.com/size': '5' };

test('label selectors select as Kubernetes does', async () => {
  await using api = await openApi();
  const kind = new Kinds(api.store).find('', 'v1', 'pods');
  assert.ok(kind);
  const cases: readonly (readonly [string, boolean])[] = [
    ['app=web', true],
    ['app==web,tier!=back', true],
    ['app!=web', false],
    ['missing!=x', true],
    ['app in (web,db),tier notin (back)', true],
    ['tier notin (front, back)', false],
    ['missing notin (x)', true],
    ['app', true],
    ['!app', false],
    ['!missing', true],
    ['example.com/size>4', true],
    ['example.com/size<5', false],
    ['app=', false],
  ];
  for (const [text, expected] of cases) {
    assert.equal(parseSelectors(kind, text, '')?.({ metadata: { labels } }), expected, text);
  }
  for (const text of ['a in web', 'a=b=c', 'a b', '=x', 'a=_']) {
    assert.throws(() => parseSelectors(kind, text, ''), { code: 400 }, text);
  }
});

test('a label selector that cannot be read is refused in the words of Kubernetes', async () => {
  await using api = await openApi();
  const kind = new Kinds(api.store).find('', 'v1', 'pods');
  assert.ok(kind);
  const cases: readonly (readonly [string, string])[] = [
    ['a=b=c', "found '=', expected: ',' or 'end of string'"],
    ['x=1,a=b c', "found 'c', expected: ',' or 'end of string'"],
    ['=x', "found '=', expected: !, identifier, or 'end of string'"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a in web', "unable to parse requirement: found 'web', expected: '('"],
  ];
  for (const [text, message] of cases) assert.throws(() => parseSelectors(kind, text, ''), { message }, text);
});

test('field selectors compare text, an absent boolean counts as false', async () => {
  await using api = await openApi();
  const kinds = new Kinds(api.store);
  const node = kinds.find('', 'v1', 'nodes');
  assert.ok(node);
  assert.equal(parseSelectors(node, '', 'spec.unschedulable=false')?.({ spec: {} }), true);
  assert.equal(parseSelectors(node, '', 'metadata.name!=a')?.({ metadata: { name: 'a' } }), false);
  assert.throws(() => parseSelectors(node, '', 'spec.podCIDR=x'), /field label not supported: spec.podCIDR/);
  assert.equal(selectedName('spec.x=1,metadata.name=web'), 'web');
  assert.equal(selectedName('metadata.name!=web'), '');
});
