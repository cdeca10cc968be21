/** Strings (cel-go ext/strings.go) and regular expressions (apiserver pkg/cel/library/regex.go). */
import { global, member, type Overload, type Part, prices } from '../overload.ts';
import { dyn, int, listOf, string } from '../type.ts';
import { CelError, type ListValue, listItems } from '../value.ts';
import { format } from './format.ts';
import { patternOf } from './standard.ts';

/** Positions count code points. */
const points = (text: string): readonly string[] => [...text];

function charAt(text: string, index: bigint): string {
  const all = points(text);
  if (index < 0n || index > BigInt(all.length)) throw new CelError(`index out of range: ${index}`);
  return all[Number(index)] ?? '';
}

function indexOf(text: string, part: string, from: bigint): bigint {
  const all = points(text);
  if (from < 0n || from > BigInt(all.length)) throw new CelError(`index out of range: ${from}`);
  const found = all.slice(Number(from)).join('').indexOf(part);
  return found < 0 ? -1n : from + BigInt(points(all.slice(Number(from)).join('').slice(0, found)).length);
}

function lastIndexOf(text: string, part: string, before?: bigint): bigint {
  const all = points(text);
  if (before !== undefined && (before < 0n || before > BigInt(all.length)))
    throw new CelError(`index out of range: ${before}`);
  const limit = before === undefined ? text.length : all.slice(0, Number(before)).join('').length;
  const found = text.lastIndexOf(part, limit);
  return found < 0 ? -1n : BigInt(points(text.slice(0, found)).length);
}

function substring(text: string, from: bigint, to?: bigint): string {
  const all = points(text);
  const end = to ?? BigInt(all.length);
  if (from < 0n || from > BigInt(all.length)) throw new CelError(`index out of range: ${from}`);
  if (end < 0n || end > BigInt(all.length)) throw new CelError(`index out of range: ${end}`);
  if (from > end) throw new CelError(`invalid substring range. start: ${from}, end: ${end}`);
  return all.slice(Number(from), Number(end)).join('');
}

function replace(text: string, from: string, to: string, most: bigint): string {
  if (most < 0n) return from === '' ? insertBetween(text, to) : text.replaceAll(from, () => to);
  let rest = text;
  let done = '';
  for (let count = 0n; count < most; count++) {
    const found = rest.indexOf(from);
    if (found < 0 || (from === '' && rest === '')) break;
    const step = from === '' ? (points(rest)[0] ?? '') : rest.slice(0, found);
    done += from === '' ? to + step : step + to;
    rest = rest.slice(from === '' ? step.length : found + from.length);
  }
  return done + rest;
}

const insertBetween = (text: string, to: string): string =>
  to +
  points(text)
    .map((point) => point + to)
    .join('');

function split(text: string, separator: string, most: bigint): readonly string[] {
  if (most === 0n) return [];
  const parts = separator === '' ? points(text) : text.split(separator);
  if (most < 0n || BigInt(parts.length) <= most) return parts;
  const kept = parts.slice(0, Number(most) - 1);
  return [...kept, parts.slice(kept.length).join(separator)];
}

const join = (list: ListValue, separator: string): string => [...listItems(list)].join(separator);

/** ASCII only, as the names say. */
const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (part) => part.toLowerCase());
const upperAscii = (text: string): string => text.replace(/[a-z]+/g, (part) => part.toUpperCase());
/** Unicode's White_Space, which JavaScript's `trim` exceeds by U+FEFF. */
const blank = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const leading = new RegExp(`^${blank}+`);
const trailing = new RegExp(`${blank}$`);

function trim(text: string): string {
  let end = text.replace(leading, '');
  // A loop instead of `+$`, which looks for a run of blanks from every place.
  while (trailing.test(end)) end = end.slice(0, -1);
  return end;
}

const quoted: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

const quote = (text: string): string => `"${[...text].map((point) => quoted[point] ?? point).join('')}"`;

/** Reading it, and making the result. */
const twice = (sizes: readonly number[]): number => Math.ceil((sizes[0] ?? 1) * 0.2);

const replaced = { cost: twice, size: longestReplaced };

/** As often as can be, the longest for the shortest. */
function longestReplaced(sizes: readonly number[], parts: readonly Part[]): number {
  const [text = 1, , to = 1] = sizes;
  const shortest = parts[1]?.least ?? 0;
  if (shortest === 0) return (text + 1) * to + text;
  return to <= shortest ? text : Math.ceil(text / shortest) * to;
}

/** At worst every character is a piece. */
const pieces = {
  cost: twice,
  size: (sizes: readonly number[], parts: readonly Part[]): number => {
    const most = parts[2]?.literal;
    return typeof most === 'bigint' && most >= 0n ? Number(most) : (sizes[0] ?? 1);
  },
};

const longestJoined = (sizes: readonly number[], parts: readonly Part[]): number => {
  const [count = 1, separator = 0] = sizes;
  return count * (parts[0]?.entry ?? 1) + separator * Math.max(0, count - 1);
};
const joinedPrice = {
  estimate: (sizes: readonly number[], parts: readonly Part[]) => Math.ceil(longestJoined(sizes, parts) * 0.1),
  size: longestJoined,
};
const { firstKept } = prices;

export const strings: readonly Overload[] = [
  // RFC 6901 §3; upstream has it where patches are made (apiserver pkg/cel/library/jsonpatch.go).
  global(
    'jsonpatch.escapeKey',
    [string],
    string,
    (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1'),
    prices.firstKept,
  ),
  member('charAt', [string, int], string, charAt, { cost: prices.first.cost, estimate: () => 1, size: () => 1 }),
  member('indexOf', [string, string], int, (a: string, b: string) => indexOf(a, b, 0n), prices.product),
  member('indexOf', [string, string, int], int, indexOf, prices.product),
  member('lastIndexOf', [string, string], int, (a: string, b: string) => lastIndexOf(a, b), prices.product),
  member('lastIndexOf', [string, string, int], int, lastIndexOf, prices.product),
  member('substring', [string, int], string, (a: string, from: bigint) => substring(a, from), firstKept),
  member('substring', [string, int, int], string, substring, firstKept),
  member(
    'replace',
    [string, string, string],
    string,
    (a: string, b: string, c: string) => replace(a, b, c, -1n),
    replaced,
  ),
  member('replace', [string, string, string, int], string, replace, replaced),
  member('split', [string, string], listOf(string), (a: string, b: string) => split(a, b, -1n), pieces),
  member('split', [string, string, int], listOf(string), split, pieces),
  {
    ...member('join', [listOf(string)], string, (list: ListValue) => join(list, ''), joinedPrice),
    call: ([list], meter) => charged(join(list as ListValue, ''), meter),
  },
  {
    ...member('join', [listOf(string), string], string, join, joinedPrice),
    call: ([list, separator], meter) => charged(join(list as ListValue, separator as string), meter),
  },
  member('lowerAscii', [string], string, lowerAscii, firstKept),
  member('upperAscii', [string], string, upperAscii, firstKept),
  member('trim', [string], string, trim, firstKept),
  global('strings.quote', [string], string, quote, {
    cost: prices.first.cost,
    size: (sizes) => (sizes[0] ?? 1) * 2 + 2,
  }),
  {
    ...member('format', [string, listOf(dyn)], string, format, prices.first),
    call: ([text, list], meter) => charged(format(text as string, list as ListValue), meter),
  },
  member('find', [string, string], string, (a: string, b: string) => patternOf(b).find(a, 1)[0] ?? '', {
    ...prices.regex,
    size: prices.firstKept.size,
  }),
  member('findAll', [string, string], listOf(string), (a: string, b: string) => patternOf(b).find(a, -1), {
    ...prices.regex,
    size: prices.firstKept.size,
  }),
  member(
    'findAll',
    [string, string, int],
    listOf(string),
    (a: string, b: string, most: bigint) => patternOf(b).find(a, Number(most)),
    { ...prices.regex, size: prices.firstKept.size },
  ),
];

/** A text made of many parts costs its length. */
function charged(text: string, meter: { spend(cost: number): void }): string {
  meter.spend(Math.ceil(text.length * 0.1));
  return text;
}
