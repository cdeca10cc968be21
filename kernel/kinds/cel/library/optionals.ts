/** Optional values (cel-go cel/library.go, OptionalTypes). */
import { global, member, type Overload, prices } from '../overload.ts';
import { bool, listOf, optionalOf, parameter } from '../type.ts';
import {
  CelError,
  Duration,
  isList,
  isMap,
  type ListValue,
  listItems,
  listSize,
  mapSize,
  Optional,
  Timestamp,
  Uint,
  type Value,
} from '../value.ts';

const A = parameter('A');

/** False for what protobuf calls the zero value. */
function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0n || value === 0 || value === '') return true;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Duration || value instanceof Timestamp) return value.nanoseconds === 0n;
  if (value instanceof Uint8Array) return value.length === 0;
  if (value instanceof Optional) return value.value === undefined;
  return isList(value) ? listSize(value) === 0 : isMap(value) && mapSize(value) === 0;
}

function unwrap({ value }: Optional): Value {
  if (value === undefined) throw new CelError('optional.none() dereference');
  return value;
}

/** The values there are. */
const unwrapAll = (list: ListValue): readonly Value[] =>
  [...listItems(list)].flatMap((item) => (item instanceof Optional && item.value !== undefined ? [item.value] : []));

const { size } = prices.firstKept;
const larger = (sizes: readonly number[]): number => Math.max(...sizes);

export const optionals: readonly Overload[] = [
  global('optional.of', [A], optionalOf(A), (value: Value) => new Optional(value), { size }),
  global(
    'optional.ofNonZeroValue',
    [A],
    optionalOf(A),
    (value: Value) => (isZero(value) ? Optional.none : new Optional(value)),
    { size },
  ),
  global('optional.none', [], optionalOf(A), () => Optional.none),
  member('hasValue', [optionalOf(A)], bool, ({ value }: Optional) => value !== undefined),
  member('value', [optionalOf(A)], A, unwrap),
  global('optional.unwrap', [listOf(optionalOf(A))], listOf(A), unwrapAll, prices.firstKept),
  member('unwrapOpt', [listOf(optionalOf(A))], listOf(A), unwrapAll, prices.firstKept),
  // The evaluator asks for the alternative only when it is needed.
  member(
    'or',
    [optionalOf(A), optionalOf(A)],
    optionalOf(A),
    (first: Optional, second: Optional) => (first.value === undefined ? second : first),
    { size: larger },
  ),
  member('orValue', [optionalOf(A), A], A, ({ value }: Optional, other: Value) => value ?? other, { size: larger }),
];
