import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../../kinds/json.ts';
import { schemaOf } from '../../kinds/type-table.ts';
import { applyJsonPatch, parseJsonPatch } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { applyStrategicMerge } from './strategic-merge.ts';

test('JSON Patch: the examples of RFC 6902, appendix A', () => {
  const cases: readonly (readonly [unknown, unknown, unknown])[] = [
    [{ foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { baz: 'qux', foo: 'bar' }],
    [{ foo: ['bar', 'baz'] }, [{ op: 'add', path: '/foo/1', value: 'qux' }], { foo: ['bar', 'qux', 'baz'] }],
    [{ baz: 'qux', foo: 'bar' }, [{ op: 'remove', path: '/baz' }], { foo: 'bar' }],
    [{ foo: ['bar', 'qux', 'baz'] }, [{ op: 'remove', path: '/foo/1' }], { foo: ['bar', 'baz'] }],
    [{ baz: 'qux', foo: 'bar' }, [{ op: 'replace', path: '/baz', value: 'boo' }], { baz: 'boo', foo: 'bar' }],
    [
      { foo: { bar: 'baz', waldo: 'fred' }, qux: { corge: 'grault' } },
      [{ op: 'move', from: '/foo/waldo', path: '/qux/thud' }],
      { foo: { bar: 'baz' }, qux: { corge: 'grault', thud: 'fred' } },
    ],
    [
      { foo: ['all', 'grass', 'cows', 'eat'] },
      [{ op: 'move', from: '/foo/1', path: '/foo/3' }],
      { foo: ['all', 'cows', 'eat', 'grass'] },
    ],
    [{ baz: 'qux' }, [{ op: 'test', path: '/baz', value: 'qux' }], { baz: 'qux' }],
    [{ baz: 'qux' }, [{ op: 'test', path: '/baz', value: 'bar' }], undefined],
    [
      { foo: 'bar' },
      [{ op: 'add', path: '/child', value: { grandchild: {} } }],
      { foo: 'bar', child: { grandchild: {} } },
    ],
    [{ foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux', xyz: 123 }], { foo: 'bar', baz: 'qux' }],
    [{ foo: 'bar' }, [{ op: 'add', path: '/baz/bat', value: 'qux' }], undefined],
    [{ '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: 10 }], { '/': 9, '~1': 10 }],
    [{ foo: ['bar'] }, [{ op: 'add', path: '/foo/-', value: ['abc', 'def'] }], { foo: ['bar', ['abc', 'def']] }],
    [{ foo: [1] }, [{ op: 'add', path: '/foo/2', value: 2 }], undefined],
    [{ foo: [1] }, [{ op: 'remove', path: '/foo/01' }], undefined],
  ];
  for (const [document, patch, expected] of cases) {
    const apply = () => applyJsonPatch(document, parseJsonPatch(patch));
    if (expected === undefined) assert.throws(apply, { code: 422 }, JSON.stringify(patch));
    else assert.deepEqual(apply(), expected, JSON.stringify(patch));
  }
});

test('JSON Patch: a last member that is missing counts as null, as for kube-apiserver', () => {
  const apply = (patch: JsonRecord): unknown => applyJsonPatch({ foo: {} }, parseJsonPatch([patch]));
  assert.deepEqual(apply({ op: 'replace', path: '/foo/bar', value: 2 }), { foo: { bar: 2 } });
  assert.deepEqual(apply({ op: 'test', path: '/foo/bar', value: null }), { foo: {} });
  assert.deepEqual(apply({ op: 'copy', from: '/foo/bar', path: '/foo/baz' }), { foo: { baz: null } });
  assert.throws(() => apply({ op: 'test', path: '/foo/bar', value: 1 }), /testing value \/foo\/bar failed/);
  for (const op of ['replace', 'test'])
    assert.throws(() => apply({ op, path: '/baz/bar', value: null }), /missing path: \/baz\/bar/);
  assert.throws(() => apply({ op: 'move', from: '/foo/bar', path: '/foo/baz' }), /missing path/);
});

test('merge patch: the table of RFC 7386, appendix A', () => {
  const cases: readonly (readonly [unknown, unknown, unknown])[] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [target, patch, expected] of cases) assert.deepEqual(applyMergePatch(target, patch), expected);
});

const podSpec = schemaOf('core.v1.PodSpec');
const container = (name: string, more: JsonRecord = {}): JsonRecord => ({ name, image: `${name}:1`, ...more });

const strategic: readonly {
  readonly name: string;
  readonly schema?: string;
  readonly original: JsonRecord;
  readonly patch: JsonRecord;
  readonly expected: JsonRecord;
}[] = [
  {
    name: 'lists with a merge key merge by it and keep their order',
    original: { containers: [container('a'), container('b')] },
    patch: { containers: [{ name: 'b', image: 'b:2' }] },
    expected: { containers: [container('a'), { name: 'b', image: 'b:2' }] },
  },
  {
    name: 'new elements come first',
    original: { containers: [container('a')] },
    patch: { containers: [container('z')] },
    expected: { containers: [container('z'), container('a')] },
  },
  {
    name: '$setElementOrder orders what it names and leaves the rest in place',
    original: { containers: [container('a'), container('b'), container('c')] },
    patch: { '$setElementOrder/containers': [{ name: 'c' }, { name: 'a' }], containers: [{ name: 'a', image: 'a:2' }] },
    expected: { containers: [container('b'), container('c'), { name: 'a', image: 'a:2' }] },
  },
  {
    name: '$patch: delete removes an element',
    original: { containers: [container('a'), container('b')] },
    patch: { containers: [{ name: 'a', $patch: 'delete' }] },
    expected: { containers: [container('b')] },
  },
  {
    name: '$patch: replace in a list replaces the list',
    original: { containers: [container('a'), container('b')] },
    patch: { containers: [{ $patch: 'replace' }, container('z')] },
    expected: { containers: [container('z')] },
  },
  {
    name: '$patch: replace in a map replaces the map',
    original: { securityContext: { runAsUser: 1, fsGroup: 2 } },
    patch: { securityContext: { $patch: 'replace', runAsUser: 3 } },
    expected: { securityContext: { runAsUser: 3 } },
  },
  {
    name: 'null removes a field',
    original: { nodeSelector: { a: 'b', c: 'd' }, hostname: 'h' },
    patch: { nodeSelector: { a: null }, hostname: null },
    expected: { nodeSelector: { c: 'd' } },
  },
  {
    name: 'lists without a merge strategy are replaced',
    original: { containers: [container('a', { args: ['1', '2'] })] },
    patch: { containers: [{ name: 'a', args: ['3'] }] },
    expected: { containers: [container('a', { args: ['3'] })] },
  },
  {
    name: '$retainKeys keeps only the keys it names',
    original: { volumes: [{ name: 'v', emptyDir: {} }] },
    patch: { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x' } }] },
    expected: { volumes: [{ name: 'v', hostPath: { path: '/x' } }] },
  },
  {
    name: 'sets of strings are united',
    schema: 'meta.v1.ObjectMeta',
    original: { finalizers: ['a', 'b'] },
    patch: { finalizers: ['b', 'c'] },
    expected: { finalizers: ['a', 'b', 'c'] },
  },
  {
    name: '$deleteFromPrimitiveList takes elements out',
    schema: 'meta.v1.ObjectMeta',
    original: { finalizers: ['a', 'b'] },
    patch: { '$deleteFromPrimitiveList/finalizers': ['a'], '$setElementOrder/finalizers': ['b'] },
    expected: { finalizers: ['b'] },
  },
  {
    name: 'ports merge by containerPort inside a container',
    original: { containers: [container('a', { ports: [{ containerPort: 80, protocol: 'TCP' }] })] },
    patch: { containers: [{ name: 'a', ports: [{ containerPort: 80, name: 'http' }, { containerPort: 81 }] }] },
    expected: {
      containers: [
        container('a', { ports: [{ containerPort: 80, protocol: 'TCP', name: 'http' }, { containerPort: 81 }] }),
      ],
    },
  },
];

for (const { name, schema, original, patch, expected } of strategic) {
  test(`strategic merge: ${name}`, () => {
    const before = structuredClone(original);
    assert.deepEqual(applyStrategicMerge(original, patch, schema === undefined ? podSpec : schemaOf(schema)), expected);
    assert.deepEqual(original, before, 'the original is left alone');
  });
}

test('strategic merge: an element without its merge key is refused', () => {
  assert.throws(
    () => applyStrategicMerge({ containers: [] }, { containers: [{ image: 'x' }] }, podSpec),
    /declared merge key: name/,
  );
});

test('strategic merge: lists of 50,000 items are merged at once', () => {
  const names = (count: number, from: number) => Array.from({ length: count }, (_, index) => `x/${from + index}`);
  const startedMs = performance.now();
  const result = applyStrategicMerge(
    { finalizers: names(50_000, 0) },
    { finalizers: names(50_000, 25_000) },
    schemaOf('meta.v1.ObjectMeta'),
  );
  assert.equal((result.finalizers as unknown[]).length, 75_000);
  // Each compared with each it took minutes.
  assert.ok(performance.now() - startedMs < 10_000);
});

test('JSON patch: copies of copies end at the limit of Kubernetes', () => {
  const operations = Array.from({ length: 60 }, (_, index) => ({ op: 'copy', from: '', path: `/copy${index}` }));
  assert.throws(() => applyJsonPatch({ data: 'x'.repeat(1000) }, parseJsonPatch(operations)), {
    code: 422,
    message: /exceeding the limit 3145728/,
  });
});
