/** Random expressions: whatever is written, compiling and running it ends, within its budget, without a crash. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CelError, CostExceeded, compile, fromJson, types } from './index.ts';
import { library } from './library/library.ts';

const seed = Number(process.env.CEL_FUZZ_SEED ?? 20_260_101);
const count = Number(process.env.CEL_FUZZ_COUNT ?? 4000);
const limit = 20_000;

function random(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const chance = random(seed);
const pick = <T>(items: readonly T[]): T => items[Math.floor(chance() * items.length)] as T;

const leaves = [
  'true',
  'false',
  'null',
  '0',
  '1',
  '-1',
  '9223372036854775807',
  '-9223372036854775808',
  '1u',
  '18446744073709551615u',
  '0.0',
  '1.5',
  '1e308',
  '""',
  '"a"',
  '"é😀"',
  "'%s %d'",
  "b'\\xff'",
  'd',
  'd.list',
  'd.map',
  'd.text',
  'd.none',
  's',
  'n',
  '[]',
  '{}',
  'timestamp("2024-01-01T00:00:00Z")',
  'duration("1h")',
  'int',
  'optional.none()',
  'quantity("1Gi")',
  'ip("10.0.0.1")',
  'cidr("10.0.0.0/8")',
  'semver("1.2.3")',
  'url("https://a/b")',
] as const;
const operators = ['+', '-', '*', '/', '%', '==', '!=', '<', '<=', '>', '>=', '&&', '||', 'in'] as const;
const macros = ['all', 'exists', 'exists_one', 'filter', 'map', 'sortBy', 'transformList', 'transformMap'] as const;
const names = [...library.keys()].filter((name) => /^[a-zA-Z.]+$/.test(name));

function expression(depth: number): string {
  // What is dynamic meets its types only when it runs.
  if (depth <= 0) return chance() < 0.6 ? `dyn(${pick(leaves)})` : pick(leaves);
  const inner = (): string => expression(depth - 1 - Math.floor(chance() * 2));
  const args = (): string => Array.from({ length: Math.floor(chance() * 3) }, inner).join(', ');
  switch (Math.floor(chance() * 13)) {
    case 0:
      return `(${inner()} ${pick(operators)} ${inner()})`;
    case 1:
      return `(${inner()} ? ${inner()} : ${inner()})`;
    case 2:
      return `${inner()}.${pick(macros)}(x, ${inner()})`;
    case 3:
      return `${inner()}.${pick(['all', 'exists', 'transformList', 'transformMap'])}(k, v, ${inner()})`;
    case 4:
      return `${inner()}.${pick(names)}(${args()})`;
    case 5:
      return `${pick(names)}(${args()})`;
    case 6:
      return `[${args()}]`;
    case 7:
      return `{${inner()}: ${inner()}}`;
    case 8:
      return `${inner()}[${pick(['', '?'])}${inner()}]`;
    case 9:
      return `${inner()}.${pick(['', '?'])}${pick(['a', 'list', 'none', 'in', '__proto__', 'constructor'])}`;
    case 11:
      return `${pick(['Object', 'Object.a', 'Other', 'd'])}{a: ${inner()}, ?b: ${inner()}}`;
    case 10:
      return `${pick(['!', '-', 'has'])}(${inner()})`;
    default:
      return chance() < 0.1 ? garbled(inner()) : inner();
  }
}

function garbled(text: string): string {
  const at = Math.floor(chance() * text.length);
  return text.slice(0, at) + pick(['', '(', '"', '\\', '\0', '}', '?', '..', '0x', '\u{1f600}']) + text.slice(at + 1);
}

const variables = new Map([
  ['d', types.dyn],
  ['n', types.int],
  ['s', types.string],
]);
const data = { list: [1, 'a', null, { a: [] }], map: { a: 1, __proto__x: 2 }, text: 'x'.repeat(50), none: null };

test(`random expressions end within their budget (seed ${seed}; CEL_FUZZ_SEED and CEL_FUZZ_COUNT repeat and prolong)`, () => {
  const values = { d: fromJson(types.dyn, data), n: 5n, s: 'text' };
  let ran = 0;
  for (let index = 0; index < count; index++) {
    const text = expression(1 + Math.floor(chance() * 5));
    const startedMs = performance.now();
    try {
      const compiled = compile(text, variables, (name) => (name.startsWith('Object') ? {} : undefined));
      if ('issues' in compiled) {
        assert.match(compiled.issues, /^ERROR: <input>:\d+:\d+: /);
        continue;
      }
      const estimate = compiled.program.estimate();
      assert.ok(estimate >= 0, `estimate ${estimate}`);
      const { failure, cost } = compiled.program.run(values, limit);
      assert.ok(failure === undefined || failure instanceof CelError || failure instanceof CostExceeded);
      assert.ok(cost <= limit || failure instanceof CostExceeded, `cost ${cost}`);
      ran++;
    } catch (error) {
      throw new Error(`expression ${index}: ${text}`, { cause: error });
    }
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs < 1000, `expression ${index} took ${tookMs} ms: ${text}`);
  }
  assert.ok(ran > count / 10, `only ${ran} could be run`);
});
