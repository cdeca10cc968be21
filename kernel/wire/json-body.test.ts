import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findDuplicateFields, parseJsonBody } from './json-body.ts';
import { parseYamlBody } from './yaml-body.ts';

test('duplicate fields are named by their path, once each', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['{"a":1,"b":{"a":2}}', []],
    ['{"a":1,"a":2,"a":3}', ['a']],
    ['{"spec":{"x":1,"x":2}}', ['spec.x']],
    ['{"c":[{"n":1},{"n":1,"n":2}]}', ['c[1].n']],
    ['{"a\\u0062":1,"ab":2}', ['ab']],
    ['{"a":"}\\"{","b":["x","x"],"b":{}}', ['b']],
    ['[[],{"a":[],"a":{}}]', ['[1].a']],
  ];
  for (const [text, expected] of cases) assert.deepEqual(findDuplicateFields(text), expected, text);
});

test('of very many duplicate fields the first hundred are named, at once', () => {
  const text = `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":0,"k${index}":0`).join(',')}}`;
  const found = findDuplicateFields(text);
  assert.deepEqual([found.length, found[0], found.at(-1)], [100, 'k0', 'k99']);
});

test('text that is not JSON is a 400', () => {
  assert.throws(() => parseJsonBody('{"a"'), { name: 'ApiError', code: 400 });
});

test('YAML is read as version 1.1 and its duplicate keys are reported', async () => {
  const { value, duplicateFields } = await parseYamlBody('a: y\nb: on\nc: "y"\na: no\n');
  assert.deepEqual(value, { a: false, b: true, c: 'y' });
  assert.deepEqual(duplicateFields, ['a']);
});

test('YAML with very many keys is read at once, and one whose aliases explode is a 400', async () => {
  const many = Array.from({ length: 50_000 }, (_, index) => `  k${index}: v\n`).join('');
  const startedMs = performance.now();
  const { duplicateFields } = await parseYamlBody(`data:\n${many}${many}`);
  assert.equal(duplicateFields.length, 100);
  // Quadratic it took minutes.
  assert.ok(performance.now() - startedMs < 10_000);
  const bomb = Array.from(
    { length: 20 },
    (_, index) => `b${index}: &b${index} [${index === 0 ? 'x' : `*b${index - 1}, *b${index - 1}, *b${index - 1}`}]\n`,
  );
  await assert.rejects(parseYamlBody(bomb.join('')), { name: 'ApiError', code: 400 });
});

test('half of a surrogate pair becomes the replacement character, in JSON and in YAML', async () => {
  const text = '{"a":"\\ud800","b":["\\ud83d\\ude00"],"\\udc00":1}';
  const expected = { a: '\ufffd', b: ['\u{1f600}'], '\ufffd': 1 };
  assert.deepEqual(parseJsonBody(text).value, expected);
  assert.deepEqual((await parseYamlBody(text)).value, expected);
});

test('integers of 64 bits keep their digits, in JSON and in YAML', async () => {
  const exact = 9007199254740993n;
  assert.deepEqual(parseJsonBody(`{"a":${exact},"b":[-9223372036854775808],"c":5,"d":1.5}`).value, {
    a: exact,
    b: [-9223372036854775808n],
    c: 5,
    d: 1.5,
  });
  assert.deepEqual((await parseYamlBody(`a: ${exact}\nb: 5\nc: "9007199254740993"\n`)).value, {
    a: exact,
    b: 5,
    c: '9007199254740993',
  });
  // Beyond 64 bits a number is a double, as Go reads it.
  assert.deepEqual(parseJsonBody('{"a":9223372036854775808}').value, { a: 2 ** 63 });
});
