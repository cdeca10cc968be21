/** `'%d of %s'.format([…])` (cel-go ext/formatting.go). */
import {
  CelError,
  Duration,
  isList,
  isMap,
  type ListValue,
  listItem,
  listItems,
  listSize,
  mapEntries,
  Optional,
  printDuration,
  printTimestamp,
  Timestamp,
  TypeValue,
  typeName,
  Uint,
  type Value,
} from '../value.ts';
import { printDouble } from './standard.ts';

export function format(pattern: string, list: ListValue): string {
  let next = 0;
  const take = (): Value => {
    const value = listItem(list, next);
    if (value === undefined) throw new CelError(`index ${next} out of range`);
    next++;
    return value;
  };
  const text = pattern.replace(
    /%(?:%|(?:\.(\d+))?([a-zA-Z]))|%/g,
    (all, precision: string | undefined, verb?: string) => {
      if (all === '%%') return '%';
      if (verb === undefined) throw new CelError('could not parse formatting clause: unexpected end of string');
      return clause(verb, take(), precision === undefined ? undefined : Number(precision));
    },
  );
  if (next < listSize(list))
    throw new CelError(`too many arguments supplied to string.format (expected ${next}, got ${listSize(list)})`);
  return text;
}

/** `format` spells infinity out, `string` does not. */
const printReal = (value: number): string =>
  Number.isFinite(value) || Number.isNaN(value) ? printDouble(value) : String(value);

function wholeNumber(value: Value): bigint | undefined {
  return typeof value === 'bigint' ? value : value instanceof Uint ? value.value : undefined;
}

function wrong(clauseName: string, wanted: string, value: Value): CelError {
  return new CelError(
    `error during formatting: ${clauseName} clause can only be used on ${wanted}, was given ${typeName(value)}`,
  );
}

const based = (value: bigint, base: number): string => value.toString(base);

function clause(verb: string, value: Value, precision: number | undefined): string {
  const whole = wholeNumber(value);
  const real = typeof value === 'number' ? value : whole === undefined ? undefined : Number(whole);
  if (precision !== undefined && precision > 100)
    throw new CelError('error during formatting: precision is limited to 100');
  switch (verb) {
    case 's':
      return print(value);
    case 'd':
      if (whole === undefined && typeof value !== 'number') throw wrong('decimal', 'integers', value);
      return whole === undefined ? printReal(real ?? 0) : based(whole, 10);
    case 'f':
      if (real === undefined) throw wrong('fixed-point', 'doubles', value);
      return Number.isFinite(real) ? real.toFixed(precision ?? 6) : printReal(real);
    case 'e':
      if (real === undefined) throw wrong('scientific', 'doubles', value);
      return real.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, 'e$10$2');
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0';
      if (whole === undefined) throw wrong('binary', 'integers and bools', value);
      return based(whole, 2);
    case 'o':
      if (whole === undefined) throw wrong('octal', 'integers', value);
      return based(whole, 8);
    case 'x':
    case 'X': {
      const text =
        whole !== undefined
          ? based(whole, 16)
          : typeof value === 'string' || value instanceof Uint8Array
            ? Buffer.from(value).toString('hex')
            : undefined;
      if (text === undefined) throw wrong('hex', 'integers, byte buffers, and strings', value);
      return verb === 'X' ? text.toUpperCase() : text;
    }
    default:
      throw new CelError(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
  }
}

function print(value: Value): string {
  if (typeof value === 'number') return printReal(value);
  if (value === null || typeof value !== 'object') return String(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Timestamp) return printTimestamp(value);
  if (value instanceof Duration) return printDuration(value);
  if (value instanceof TypeValue) return value.name;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (isList(value)) return `[${[...listItems(value)].map(print).join(', ')}]`;
  if (isMap(value)) {
    const entries = [...mapEntries(value)].map(([key, item]) => `${print(key)}: ${print(item)}`);
    return `{${entries.sort().join(', ')}}`;
  }
  if (value instanceof Optional)
    return value.value === undefined ? 'optional.none()' : `optional(${print(value.value)})`;
  throw new CelError(
    `error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${typeName(value)}`,
  );
}
