/** Lists and sets (apiserver pkg/cel/library/lists.go; cel-go ext/lists.go, ext/sets.go). */
import { global, member, type Overload, prices } from '../overload.ts';
import { bool, double, duration, dyn, int, listOf, parameter, string, type Type, timestamp, uint } from '../type.ts';
import {
  CelError,
  compare,
  Duration,
  equals,
  isList,
  type ListValue,
  listItem,
  listItems,
  listSize,
  Optional,
  Uint,
  type Value,
} from '../value.ts';
import { listPrices } from './list-prices.ts';
import { asInt } from './standard.ts';

const A = parameter('A');
const comparable: readonly Type[] = [
  int,
  uint,
  double,
  { kind: 'bool' },
  duration,
  timestamp,
  string,
  { kind: 'bytes' },
];
const summable: readonly (readonly [Type, Value])[] = [
  [int, 0n],
  [uint, new Uint(0n)],
  [double, 0],
  [duration, new Duration(0n)],
];

const { elements } = prices;

function isSorted(list: ListValue): boolean {
  let previous: Value | undefined;
  for (const item of listItems(list)) {
    if (previous !== undefined && (compare(previous, item) ?? 0) > 0) return false;
    previous = item;
  }
  return true;
}

function extreme(list: ListValue, sign: 1 | -1, name: string): Value {
  let best: Value | undefined;
  for (const item of listItems(list)) if (best === undefined || sign * (compare(item, best) ?? 0) > 0) best = item;
  if (best === undefined) throw new CelError(`${name} called on empty list`);
  return best;
}

function sum(list: ListValue, zero: Value): Value {
  let total = zero;
  for (const item of listItems(list)) total = add(total, item);
  return total;
}

function add(a: Value, b: Value): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return asInt(a + b);
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (a instanceof Uint && b instanceof Uint) return new Uint(a.value + b.value);
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.nanoseconds + b.nanoseconds);
  throw new CelError('no such overload');
}

/** Comparing what is in the lists costs what it looks at. */
function search(name: string, fromEnd: boolean): Overload {
  return {
    name,
    member: true,
    parameters: [listOf(A), A],
    result: int,
    call: ([list, item = null], meter) => {
      const all = [...listItems(list as ListValue)];
      const visits = { count: 0 };
      const isIt = (other: Value): boolean => equals(other, item, visits);
      const found = fromEnd ? all.findLastIndex(isIt) : all.findIndex(isIt);
      meter.spend(Math.floor(visits.count * 0.1));
      return BigInt(found);
    },
    ...elements,
    ...listPrices.search,
  };
}

function slice(list: ListValue, from: bigint, to: bigint): readonly Value[] {
  const size = BigInt(listSize(list));
  if (from < 0n || to < 0n) throw new CelError(`cannot slice(${from}, ${to}), negative indexes not supported`);
  if (from > to)
    throw new CelError(`cannot slice(${from}, ${to}), start index must be less than or equal to end index`);
  if (to > size) throw new CelError(`cannot slice(${from}, ${to}), list is length ${size}`);
  return [...listItems(list)].slice(Number(from), Number(to));
}

function flatten(list: ListValue, depth: bigint): readonly Value[] {
  if (depth < 0n) throw new CelError('level must be non-negative');
  return [...listItems(list)].flatMap((item) => (depth > 0n && isList(item) ? flatten(item, depth - 1n) : [item]));
}

const longestRange = 1_000_000n;

function range(count: bigint): readonly Value[] {
  if (count > longestRange) throw new CelError(`lists.range(${count}) is longer than ${longestRange}`);
  return Array.from({ length: Number(count < 0n ? 0n : count) }, (_, index) => BigInt(index));
}

/** Each element is compared with each other: the price is the square. */
const squared = { cost: (sizes: readonly number[]): number => (sizes[0] ?? 1) * (sizes[0] ?? 1) };
const searched = { ...elements, ...listPrices.search };

function distinct(list: ListValue): readonly Value[] {
  const kept: Value[] = [];
  for (const item of listItems(list)) if (!kept.some((other) => equals(other, item, { count: 0 }))) kept.push(item);
  return kept;
}

export function sortByKeys(items: readonly Value[], keys: readonly Value[]): readonly Value[] {
  const order = items.map((_, index) => index);
  order.sort((a, b) => {
    const result = compare(keys[a] ?? null, keys[b] ?? null);
    if (result === undefined) throw new CelError('no such overload: list elements must be comparable');
    return result;
  });
  return order.map((index) => items[index] ?? null);
}

const sort = (list: ListValue): readonly Value[] => sortByKeys([...listItems(list)], [...listItems(list)]);
const product = (factor: number) => ({
  cost: (sizes: readonly number[]): number => (sizes[0] ?? 1) * (sizes[1] ?? 1) * factor + 1,
});

const has = (list: ListValue, item: Value): boolean => {
  for (const other of listItems(list)) if (equals(other, item, { count: 0 })) return true;
  return false;
};
const contains = (list: ListValue, other: ListValue): boolean => {
  for (const item of listItems(other)) if (!has(list, item)) return false;
  return true;
};
const intersects = (list: ListValue, other: ListValue): boolean => {
  for (const item of listItems(other)) if (has(list, item)) return true;
  return false;
};

export const lists: readonly Overload[] = [
  ...comparable.flatMap((type) => [
    member('isSorted', [listOf(type)], bool, isSorted, searched),
    member('max', [listOf(type)], type, (list: ListValue) => extreme(list, 1, 'max'), searched),
    member('min', [listOf(type)], type, (list: ListValue) => extreme(list, -1, 'min'), searched),
    member('sort', [listOf(type)], listOf(type), sort, { ...squared, ...listPrices.sort }),
  ]),
  ...summable.map(([type, zero]) =>
    member('sum', [listOf(type)], type, (list: ListValue) => sum(list, zero), elements),
  ),
  search('indexOf', false),
  search('lastIndexOf', true),
  member('slice', [listOf(A), int, int], listOf(A), slice, { ...elements, ...listPrices.slice }),
  member('flatten', [listOf(listOf(A))], listOf(A), (list: ListValue) => flatten(list, 1n), {
    ...elements,
    ...listPrices.flatten,
  }),
  member('flatten', [listOf(dyn), int], listOf(dyn), flatten, { ...elements, ...listPrices.flatten }),
  member('distinct', [listOf(A)], listOf(A), distinct, { ...squared, ...listPrices.distinct }),
  member('reverse', [listOf(A)], listOf(A), (list: ListValue) => [...listItems(list)].toReversed(), {
    ...elements,
    ...listPrices.same,
  }),
  {
    ...global('lists.range', [int], listOf(int), range),
    call: ([count], meter) => {
      const numbers = range(count as bigint);
      meter.spend(numbers.length);
      return numbers;
    },
    ...listPrices.range,
  },
  member('first', [listOf(A)], { kind: 'optional', element: A }, (list: ListValue) => optionalItem(list, 0)),
  member('last', [listOf(A)], { kind: 'optional', element: A }, (list: ListValue) =>
    optionalItem(list, listSize(list) - 1),
  ),
  global('sets.contains', [listOf(A), listOf(A)], bool, contains, product(1)),
  global(
    'sets.equivalent',
    [listOf(A), listOf(A)],
    bool,
    (a: ListValue, b: ListValue) => contains(a, b) && contains(b, a),
    product(2),
  ),
  global('sets.intersects', [listOf(A), listOf(A)], bool, intersects, product(1)),
];

function optionalItem(list: ListValue, index: number): Value {
  return toOptional(listItem(list, index));
}

const toOptional = (value: Value | undefined): Optional => (value === undefined ? Optional.none : new Optional(value));
