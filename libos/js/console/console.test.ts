/** What the console writes. Cases with an answer of their own; the others give what Node's console gives. */

import assert from 'node:assert/strict';
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { beforeEach, test } from 'node:test';
import { consoleLines } from '../testing/node-host.ts';
import { console as ours } from './console.ts';

type Call = (
  console: Pick<globalThis.Console, 'log' | 'table' | 'dir' | 'assert' | 'count' | 'group' | 'groupEnd'>,
) => void;

function ofNode(call: Call): string {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  call(new Console(stream));
  return text;
}

function ofOurs(call: Call): string {
  consoleLines.length = 0;
  call(ours as unknown as Parameters<Call>[0]);
  return consoleLines.map(({ line }) => `${line}\n`).join('');
}

beforeEach(() => {
  consoleLines.length = 0;
});

class Point {
  x = 1;
  y = 2;
}

const circle: Record<string, unknown> = { name: 'circle' };
const values: readonly (readonly [string, unknown])[] = [
  ['a string', 'text'],
  ['a number', 1.5],
  ['minus zero', -0],
  ['a bigint', 10n],
  ['a symbol', Symbol('s')],
  ['null', null],
  ['undefined', undefined],
  ['true', true],
  ['a list', [1, 'two', null, undefined]],
  ['an empty list', []],
  ['an object', { a: 1, 'b-c': "it's", nested: { deep: { deeper: { deepest: 1 } } } }],
  ['an empty object', {}],
  ['an object of a class', new Point()],
  ['an object without prototype', Object.assign(Object.create(null), { a: 1 })],
  [
    'a map',
    new Map<unknown, unknown>([
      ['a', 1],
      [{ k: 1 }, [2]],
    ]),
  ],
  ['a set', new Set([1, 'a'])],
  ['bytes', new Uint8Array([1, 2, 3])],
  ['a function', function named() {}],
  ['an arrow', () => 1],
  ['a class', Point],
  ['a date', new Date(0)],
  ['a bad date', new Date(Number.NaN)],
  ['a pattern', /a+/gi],
  ['symbol keys', { [Symbol('k')]: 1 }],
  [
    'accessors',
    {
      get both() {
        return 1;
      },
      set both(_value) {},
      get one() {
        return 1;
      },
    },
  ],
  ['quotes', ["it's", '"', '`', 'a\nb', '\t']],
  ['nothing but strings', ['a', 'b']],
];

for (const [what, value] of values) {
  test(`log of ${what} reads as in Node`, () => {
    assert.equal(
      ofOurs((console) => console.log(value)),
      ofNode((console) => console.log(value)),
    );
  });
}

const formats: readonly (readonly unknown[])[] = [
  ['%s is %d', 'x', 5],
  ['%i and %f', '3.7px', '3.7px'],
  ['%o', [1]],
  ['%O', { a: 1 }],
  ['%j', { a: 1 }],
  ['100%', 1],
  ['%%', 1],
  ['%s'],
  ['%s', 'a', 'b', { c: 1 }],
  ['%d', 5n],
  ['%c styled', 'color: red'],
  ['a', 1, 'b', [2]],
  [1, 'a %s', 'b'],
  ['%x', 1],
  ['%s', null, undefined],
  ['%d', '0x10'],
  ['%i', 'abc'],
];

for (const given of formats) {
  if (given[0] === '%o') continue;
  test(`log of ${JSON.stringify(given, (_key, value) => (typeof value === 'bigint' ? `${value}n` : value))} reads as in Node`, () => {
    assert.equal(
      ofOurs((console) => console.log(...given)),
      ofNode((console) => console.log(...given)),
    );
  });
}

test('a circle is marked', () => {
  circle.self = circle;
  ours.log(circle);
  assert.equal(consoleLines[0]?.line, "{ name: 'circle', self: [Circular *] }");
});

test('an error is its name, message, stack and cause', () => {
  ours.log(new TypeError('bad', { cause: 'why' }));
  assert.match(consoleLines[0]?.line ?? '', /^TypeError: bad\n {4}at .*\[cause\]: 'why' }$/s);
});

test('groups indent every line', () => {
  const call: Call = (console) => {
    console.group('head');
    console.log('a\nb');
    console.groupEnd();
    console.log('c');
  };
  assert.equal(ofOurs(call), ofNode(call));
});

test('count counts by label', () => {
  const call: Call = (console) => {
    console.count();
    console.count();
    console.count('x');
  };
  assert.equal(ofOurs(call), ofNode(call));
});

test('assert writes only when the condition is false', () => {
  const call: Call = (console) => {
    console.assert(true, 'no');
    console.assert(false, 'yes %s', 1);
    console.assert(false);
  };
  assert.equal(ofOurs(call), ofNode(call));
});

test('table draws rows and columns', () => {
  const call: Call = (console) => {
    console.table([
      { a: 1, b: 'x' },
      { a: 2, c: true },
    ]);
    console.table([1, 'two']);
    console.table({ r: { a: 1 } });
    console.table('text');
  };
  assert.equal(ofOurs(call), ofNode(call));
});

test('warnings and errors go to the error stream', () => {
  ours.warn('w');
  ours.error('e');
  ours.info('i');
  assert.deepEqual(
    consoleLines.map(({ stream }) => stream),
    ['error', 'error', 'out'],
  );
});

test('time measures', () => {
  ours.time('t');
  ours.timeEnd('t');
  ours.timeEnd('t');
  assert.match(consoleLines[0]?.line ?? '', /^t: \d+\.\d{3}ms$/);
  assert.equal(consoleLines[1]?.line, "Timer 't' does not exist");
});

test('methods work without their object', () => {
  const { log } = ours;
  log('free');
  assert.equal(consoleLines[0]?.line, 'free');
});
