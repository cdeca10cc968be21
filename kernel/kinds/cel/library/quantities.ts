/** Quantities and semantic versions (apiserver pkg/cel/library/{quantity,semverlib}.go). */
import { parseQuantity, quantityMessage } from '../../quantity.ts';
import { global, member, type Overload, prices } from '../overload.ts';
import { bool, double, int, opaque, string } from '../type.ts';
import { CelError, Opaque } from '../value.ts';

const nano = 1_000_000_000n;
const quantityType = opaque('kubernetes.Quantity');

class QuantityValue extends Opaque {
  readonly typeName = 'kubernetes.Quantity';
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    super();
    this.nanos = nanos;
  }
  equals(other: Opaque): boolean {
    return other instanceof QuantityValue && other.nanos === this.nanos;
  }
}

function toQuantity(text: string): QuantityValue {
  const parsed = parseQuantity(text);
  if (parsed === undefined) throw new CelError(quantityMessage);
  return new QuantityValue(parsed.nanos);
}

const isWhole = ({ nanos }: QuantityValue): boolean =>
  nanos % nano === 0n && BigInt.asIntN(64, nanos / nano) === nanos / nano;

function asInteger(quantity: QuantityValue): bigint {
  if (!isWhole(quantity)) throw new CelError('cannot convert value to integer');
  return quantity.nanos / nano;
}

const orderOf = (a: bigint, b: bigint): bigint => (a < b ? -1n : a > b ? 1n : 0n);
const { first } = prices;

const quantities: readonly Overload[] = [
  global('quantity', [string], quantityType, toQuantity, first),
  global('isQuantity', [string], bool, (text: string) => parseQuantity(text) !== undefined, first),
  member('isInteger', [quantityType], bool, isWhole),
  member('asInteger', [quantityType], int, asInteger),
  member('asApproximateFloat', [quantityType], double, ({ nanos }: QuantityValue) => Number(nanos) / Number(nano)),
  member('sign', [quantityType], int, ({ nanos }: QuantityValue) => orderOf(nanos, 0n)),
  member('compareTo', [quantityType, quantityType], int, (a: QuantityValue, b: QuantityValue) =>
    orderOf(a.nanos, b.nanos),
  ),
  member(
    'isGreaterThan',
    [quantityType, quantityType],
    bool,
    (a: QuantityValue, b: QuantityValue) => a.nanos > b.nanos,
  ),
  member('isLessThan', [quantityType, quantityType], bool, (a: QuantityValue, b: QuantityValue) => a.nanos < b.nanos),
  member(
    'add',
    [quantityType, quantityType],
    quantityType,
    (a: QuantityValue, b: QuantityValue) => new QuantityValue(a.nanos + b.nanos),
  ),
  member(
    'add',
    [quantityType, int],
    quantityType,
    (a: QuantityValue, b: bigint) => new QuantityValue(a.nanos + b * nano),
  ),
  member(
    'sub',
    [quantityType, quantityType],
    quantityType,
    (a: QuantityValue, b: QuantityValue) => new QuantityValue(a.nanos - b.nanos),
  ),
  member(
    'sub',
    [quantityType, int],
    quantityType,
    (a: QuantityValue, b: bigint) => new QuantityValue(a.nanos - b * nano),
  ),
];

// ---- semver --------------------------------------------------------------------------------------------------------

const semverType = opaque('kubernetes.Semver');
const identifier = '(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)';
const number = '(0|[1-9]\\d*)';
const semverPattern = new RegExp(
  `^${number}\\.${number}\\.${number}(?:-(${identifier}(?:\\.${identifier})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);

class SemverValue extends Opaque {
  readonly typeName = 'kubernetes.Semver';
  readonly numbers: readonly bigint[];
  readonly prerelease: readonly string[];
  constructor(numbers: readonly bigint[], prerelease: readonly string[]) {
    super();
    this.numbers = numbers;
    this.prerelease = prerelease;
  }
  equals(other: Opaque): boolean {
    return other instanceof SemverValue && compareVersions(this, other) === 0n;
  }
}

function parseSemver(text: string, normalise: boolean): SemverValue | undefined {
  const match = semverPattern.exec(normalise ? normalised(text) : text);
  if (match === null) return undefined;
  const [, major = '', minor = '', patch = '', prerelease = ''] = match;
  return new SemverValue([BigInt(major), BigInt(minor), BigInt(patch)], prerelease === '' ? [] : prerelease.split('.'));
}

/** `v1.02` → `1.2.0` */
function normalised(text: string): string {
  const end = text.search(/[-+]/);
  const [core, rest] = end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end)];
  const parts = core
    .replace(/^v/, '')
    .split('.')
    .map((part) => part.replace(/^0+(?=\d)/, ''));
  while (parts.length < 3) parts.push('0');
  return parts.join('.') + rest;
}

function toSemver(text: string, normalise: boolean): SemverValue {
  const version = parseSemver(text, normalise);
  if (version === undefined) throw new CelError(`${JSON.stringify(text)} is no semantic version`);
  return version;
}

/** semver.org, item 11. */
function compareVersions(a: SemverValue, b: SemverValue): bigint {
  for (const [index, value] of a.numbers.entries()) {
    const order = orderOf(value, b.numbers[index] ?? 0n);
    if (order !== 0n) return order;
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0)
    return BigInt(
      b.prerelease.length - a.prerelease.length > 0 ? 1 : a.prerelease.length === b.prerelease.length ? 0 : -1,
    );
  for (const [index, part] of a.prerelease.entries()) {
    const other = b.prerelease[index];
    if (other === undefined) return 1n;
    if (part === other) continue;
    const [isNumber, isOtherNumber] = [/^\d+$/.test(part), /^\d+$/.test(other)];
    if (isNumber && isOtherNumber) return orderOf(BigInt(part), BigInt(other));
    if (isNumber !== isOtherNumber) return isNumber ? -1n : 1n;
    return part < other ? -1n : 1n;
  }
  return a.prerelease.length < b.prerelease.length ? -1n : 0n;
}

const versions: readonly Overload[] = [
  global('semver', [string], semverType, (text: string) => toSemver(text, false), first),
  global('semver', [string, bool], semverType, toSemver, first),
  global('isSemver', [string], bool, (text: string) => parseSemver(text, false) !== undefined, first),
  global(
    'isSemver',
    [string, bool],
    bool,
    (text: string, normalise: boolean) => parseSemver(text, normalise) !== undefined,
    first,
  ),
  ...(['major', 'minor', 'patch'] as const).map((name, index) =>
    member(name, [semverType], int, ({ numbers }: SemverValue) => numbers[index] ?? 0n),
  ),
  member('compareTo', [semverType, semverType], int, compareVersions),
  member(
    'isGreaterThan',
    [semverType, semverType],
    bool,
    (a: SemverValue, b: SemverValue) => compareVersions(a, b) > 0n,
  ),
  member('isLessThan', [semverType, semverType], bool, (a: SemverValue, b: SemverValue) => compareVersions(a, b) < 0n),
];

export const measures: readonly Overload[] = [...quantities, ...versions];
