/** The language and its libraries: expression, and what it gives. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CelError, CostExceeded, compile, types } from './index.ts';
import type { Value } from './value.ts';

const variables = new Map([
  ['d', types.dyn],
  ['n', types.int],
  ['s', types.string],
]);
const values: Readonly<Record<string, Value>> = { d: null, n: 5n, s: 'héllo' };

function run(text: string, limit = 1_000_000) {
  const compiled = compile(text, variables);
  if ('issues' in compiled) throw new Error(compiled.issues);
  return compiled.program.run(values, limit);
}

const right: readonly (readonly [family: string, ...expressions: readonly string[]])[] = [
  [
    'numbers',
    '1 + 2 * 3 == 7',
    '7 / 2 == 3',
    '-7 % 3 == -1',
    '1.5 + 1.5 == 3.0',
    '1 < 1.5',
    '2u > 1',
    'int("12") == 12',
    'double(3) == 3.0',
    '0x10 == 16',
    'dyn(1) == 1.0',
  ],
  [
    'logic',
    'true || 1 / 0 > 0',
    '1 / 0 > 0 || true',
    '!(false && 1 / 0 > 0)',
    'n > 3 ? true : false',
    '[0, 1].exists(i, 1 / i == 1)',
  ],
  [
    'text',
    's.size() == 5',
    's.charAt(1) == "é"',
    's.indexOf("l") == 2',
    's.lastIndexOf("l") == 3',
    '"a,b,c".split(",", 2) == ["a", "b,c"]',
    '["a", "b"].join("-") == "a-b"',
    '"Ab".lowerAscii() + "Ab".upperAscii() == "abAB"',
    '" a ".trim() == "a"',
    '"aXa".replace("a", "b", 1) == "bXa"',
    '"hello".substring(1, 3) == "el"',
    "r'\\d' == '\\\\d'",
    '"\\u00e9" == "é"',
  ],
  [
    'format',
    '"%d %s %.2f %x %e".format([n, [1, 2], 1.5, 255, 1500.0]) == "5 [1, 2] 1.50 ff 1.500000e+03"',
    '"%s".format([{"a": true}]) == "{a: true}"',
    '"100%%".format([]) == "100%"',
    '"%f %s".format([double("-Infinity"), double("NaN")]) == "-Infinity NaN"',
  ],
  [
    'regular expressions',
    '"abc123".matches("[0-9]+$")',
    '"abc 123".find("[0-9]+") == "123"',
    '"1 22 333".findAll("[0-9]+", 2) == ["1", "22"]',
    '"x".matches("(?i)X")',
  ],
  [
    'lists',
    '[1, 2, 3].sum() == 6',
    '[3, 1].min() == 1 && [3, 1].max() == 3',
    '[1, 1, 2].isSorted()',
    '[1, 2, 1].lastIndexOf(1) == 2',
    '[1, 2, 3].map(x, x > 1, x * 2) == [4, 6]',
    '[1, 2, 3].filter(x, x != 2) == [1, 3]',
    '[[1], [2]].flatten() == [1, 2]',
    '[1, 2, 1].distinct() == [1, 2]',
    '["bb", "a"].sortBy(x, x.size()) == ["a", "bb"]',
    '[1, 2, 3].slice(1, 3) == [2, 3]',
    'lists.range(3) == [0, 1, 2]',
    '[1, 2].reverse() == [2, 1]',
    '2 in [1, 2]',
  ],
  [
    'maps',
    '{"a": 1}["a"] == 1',
    '{"a": 1}.a == 1',
    '"a" in {"a": 1}',
    '{1: 2} == {1: 2}',
    '{"a": 1}.all(k, v, v == 1)',
    '["x"].transformMap(i, v, v + "y") == {0: "xy"}',
    '{"a": 1}.exists_one(k, k == "a")',
  ],
  ['sets', 'sets.contains([1, 2], [2])', 'sets.equivalent([1, 2, 2], [2, 1])', '!sets.intersects([1], [2])'],
  [
    'optionals',
    'optional.of(1).hasValue()',
    '[optional.of(1), optional.none()].unwrapOpt() == [1]',
    'optional.unwrap([optional.none(), optional.of(1)]) == [1]',
    'optional.none().orValue(2) == 2',
    '{"a": 1}[?"b"].orValue(7) == 7',
    '{"a": {"b": 1}}.?a.?b.value() == 1',
    '[?optional.none(), 1] == [1]',
    'optional.of(2).optMap(x, x * 2).value() == 4',
    'optional.ofNonZeroValue("").or(optional.of("x")).value() == "x"',
  ],
  [
    'times',
    'timestamp("2024-02-29T12:30:00Z").getDayOfYear() == 59',
    'timestamp("2024-01-01T00:00:00Z").getHours("+02:00") == 2',
    'timestamp("2024-07-01T00:00:00Z").getHours("Europe/Berlin") == 2',
    'duration("90m").getHours() == 1',
    'timestamp("2024-01-01T00:00:00Z") + duration("24h") == timestamp("2024-01-02T00:00:00Z")',
    'string(duration("1.5s")) == "1.5s"',
  ],
  [
    'quantities',
    'quantity("1.5Gi").compareTo(quantity("1536Mi")) == 0',
    'quantity("100m").add(quantity("0.9")).asInteger() == 1',
    '!isQuantity("5 kg")',
    'semver("1.2.3-rc.1").isLessThan(semver("1.2.3"))',
    'isSemver("v1.0", true)',
  ],
  [
    'network',
    'ip("::1").family() == 6',
    'ip("10.0.0.1").isGlobalUnicast()',
    'cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16")',
    'cidr("10.1.2.3/8").masked() == cidr("10.0.0.0/8")',
    'string(ip("2001:db8:0:0::1")) == "2001:db8::1"',
    '!ip.isCanonical("2001:DB8::1")',
    'url("https://u:8080/p?a=1&a=2").getQuery() == {"a": ["1", "2"]}',
    'url("https://[::1]:80/x").getHostname() == "::1"',
    '!isURL("nope")',
  ],
  [
    'formats',
    '!format.dns1123Label().validate("a-b").hasValue()',
    'format.dns1123Label().validate("A").hasValue()',
    'format.named("uuid").hasValue()',
    '!format.named("none").hasValue()',
  ],
  [
    'types',
    'type(1) == int',
    'type(ip("1.2.3.4")) == net.IP && type(cidr("1.2.3.0/24")) == net.CIDR',
    'type(optional.none()) == optional_type',
    'type("a") != int',
    'type([1]) == list',
    'd == null',
    '!has(d.x)',
    '!has(dyn(1).x)',
  ],
];

for (const [family, ...expressions] of right) {
  test(`CEL: ${family}`, () => {
    for (const text of expressions) {
      const { value, failure } = run(text);
      assert.equal(value, true, `${text}: ${String(failure?.message ?? value)}`);
    }
  });
}

const failures: readonly (readonly [text: string, message: string])[] = [
  ['1 / 0 == 0', 'division by zero'],
  ['9223372036854775807 + 1 > 0', 'integer overflow'],
  ['[1][2] == 1', 'index out of bounds: 2'],
  ['{"a": 1}["b"] == 1', 'no such key: b'],
  ['optional.none().value() == 1', 'optional.none() dereference'],
  ['timestamp("x") == timestamp("y")', "type conversion error from 'x' to 'timestamp'"],
  ['dyn("a") + 1 == 2', 'no such overload'],
  ['dyn(1).x == 2', 'no such key: x'],
];

test('evaluations fail in the words of cel-go', () => {
  for (const [text, message] of failures) {
    const { failure } = run(text);
    assert.ok(failure instanceof CelError, text);
    assert.equal(failure.message, message);
  }
});

test('nothing runs past its budget, and nothing absorbs that', () => {
  const numbers = `[${Array.from({ length: 100 }, (_, index) => index).join(', ')}]`;
  for (const text of [
    `${numbers}.all(a, ${numbers}.all(b, ${numbers}.all(c, a + b + c >= 0)))`,
    `true || false ? ${numbers}.map(a, ${numbers}.map(b, ${numbers})).size() > 0 : false`,
    'lists.range(1000000).size() > 0',
    `"a".replace("", "${'b'.repeat(1000)}").replace("", "${'c'.repeat(1000)}").replace("b", "${'d'.repeat(1000)}").size() > 0`,
    '("a" + "b").matches("(a|b)*c") || lists.range(900000).exists(i, i < 0) || true',
  ]) {
    const { failure, cost } = run(text, 100_000);
    assert.ok(failure instanceof CostExceeded, text);
    assert.ok(cost > 100_000);
  }
});

test('the same expression costs the same each time', () => {
  const costs = new Set(Array.from({ length: 3 }, () => run('[1, 2, 3].all(x, s.startsWith("h") && x < n)').cost));
  assert.equal(costs.size, 1);
});

test('problems are shown with the line and the place', () => {
  const compiled = compile('n > 1 &&\n  nope.x', variables);
  assert.ok('issues' in compiled);
  assert.equal(
    compiled.issues,
    "ERROR: <input>:2:3: undeclared reference to 'nope' (in container '')\n |   nope.x\n | ..^",
  );
});

test('an expression nested too deeply is refused', () => {
  const compiled = compile(`${'('.repeat(1000)}1${')'.repeat(1000)} == 1`, variables);
  assert.ok('issues' in compiled && compiled.issues.includes('expression recursion limit exceeded: 250'));
});
