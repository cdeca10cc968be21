import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocument } from 'yaml';
import { seeded } from '../fuzz/chance.ts';
import { parseJson } from '../kinds/json.ts';
import { toYaml } from './yaml.ts';

const read = (text: string): unknown => parseDocument(text, { version: '1.1', intAsBigInt: false }).toJS();

test('an object is written as Kubernetes writes it: sorted, lists as deep as their key', () => {
  const object = {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    data: { script: 'line one\n  line two\n', flag: 'yes', port: '80' },
    items: [{ name: 'a', list: [1, [2]] }, 'text'],
    none: {},
  };
  assert.equal(
    toYaml(object),
    [
      'apiVersion: v1',
      'data:',
      '  flag: "yes"',
      '  port: "80"',
      '  script: |',
      '    line one',
      '      line two',
      'items:',
      '- list:',
      '  - 1',
      '  - - 2',
      '  name: a',
      '- text',
      'kind: ConfigMap',
      'none: {}',
      '',
    ].join('\n'),
  );
});

test('all digits of a long integer are written', () => {
  assert.equal(toYaml(parseJson('{"a":9007199254740993}')), 'a: 9007199254740993\n');
});

const texts = [
  ...[
    '',
    'yes',
    'No',
    '~',
    'null',
    '1',
    '1e3',
    '0x1f',
    '1_000',
    '1:30',
    '.inf',
    '2026-01-01',
    '=',
    '<<',
    '-',
    '- a',
    '? a',
  ],
  ...[
    'a: b',
    'a:',
    ':a',
    'a #b',
    '#a',
    ' a',
    'a ',
    '\ta',
    'a\n',
    '\na',
    'a\n\n',
    'a\r\nb',
    'a\n b\n',
    '|',
    '>x',
    '%x',
    '@x',
    '`x',
  ],
  ...[
    '[a',
    '{a',
    'a]',
    'a, b',
    "it's",
    'say "x"',
    '"x"',
    '&a',
    '*a',
    '!a',
    'http://x:80/y',
    'é',
    '\u2028',
    '\ud83d\ude00',
    '\u0007',
    '__proto__',
  ],
];

test('every value is read back as it was (seed 7)', () => {
  const chance = seeded(7);
  const value = (depth: number): unknown => {
    const choice = depth > 4 ? chance.int(3) : chance.int(5);
    if (choice === 0) return chance.pick([0, 1, -1.5, 1e21, true, false, null]);
    if (choice < 3) return chance.happens(0.7) ? chance.pick(texts) : chance.pick(texts) + chance.pick(texts);
    if (choice === 3) return Array.from({ length: chance.int(4) }, () => value(depth + 1));
    return Object.fromEntries(
      Array.from({ length: chance.int(4) }, () => [chance.pick(texts).replace('__proto__', 'p'), value(depth + 1)]),
    );
  };
  for (let count = 0; count < 500; count++) {
    const object = { a: value(0) };
    const text = toYaml(object);
    assert.deepEqual(read(text), object, text);
  }
});
