/**
 * Formats a custom resource's schema may name (apiextensions-apiserver pkg/apiserver/validation/formats.go, kube-openapi
 * pkg/validation/strfmt). One that is not known says nothing. Hyphens do not count: `date-time` is `datetime`.
 */
import { isIP, isIPv6 } from 'node:net';
import { labelProblems, subdomainProblems } from '../names.ts';
import { compilePattern, type Pattern } from '../pattern.ts';

type Check = (text: string) => boolean;

const matches =
  (pattern: RegExp): Check =>
  (text) =>
    pattern.test(text);

const isDate = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);

function isDateTime(text: string): boolean {
  const match = /^([^t]*)t(\d\d):(\d\d):(\d\d)(?:.\d+)?(?:z|[+-]\d\d:\d\d)$/.exec(text.toLowerCase());
  const [, date = '', hour = '', minute = '', second = ''] = match ?? [];
  return match !== null && isDate(date) && hour <= '23' && minute <= '59' && second <= '59';
}

const goDuration = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
const durationUnits = /^(?:ns|nano.*|us|µs|micro.*|ms|milli.*|s|sec.*|m|min.*|h|hr|hour.*|d|day.*|w|wk|week.*)$/;

/** As Go writes them, or as Scala does: `3 weeks`. */
function isDuration(text: string): boolean {
  if (goDuration.test(text) || /^[+-]?0$/.test(text)) return true;
  const parts = [...text.matchAll(/\d+\s*([A-Za-zµ]+)/g)];
  return parts.some(([, unit = '']) => durationUnits.test(unit.toLowerCase()));
}

/** Go once took leading zeros in addresses. */
const withoutZeros = (text: string): string => text.replace(/(^|[.:])0+(?=\d+(?:\.|$|\/))/g, '$1');

const isIPv4 = (text: string): boolean => text.includes('.') && isIP(withoutZeros(text)) !== 0 && !text.includes('%');

function isBlock(text: string): boolean {
  const [address = '', bits = '', ...rest] = withoutZeros(text).split('/');
  const version = address.includes('%') ? 0 : isIP(address);
  return rest.length === 0 && version !== 0 && /^\d+$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
}

/** RFC 5322 §3.4, without comments and quoted names of mailboxes. */
function isEmail(text: string): boolean {
  const address = /^[^<>]*<([^<>]*)>\s*$/.exec(text)?.[1] ?? text.trim();
  return /^[^\s@()<>,;:\\".[\]]+(?:\.[^\s@()<>,;:\\".[\]]+)*@[^\s@()<>,;:\\".[\]]+(?:\.[^\s@()<>,;:\\".[\]]+)*$/.test(
    address,
  );
}

const letter = '[a-zA-Z0-9\\p{S}\\p{L}]';
const hostPattern = `^(${letter}((-?[a-zA-Z0-9\\p{S}\\p{L}]{0,62})?)|(${letter}(([a-zA-Z0-9-\\p{S}\\p{L}]{0,61}${letter})?)(\\.)){1,}([a-zA-Z\\p{L}]){2,63})$`;
let hostName: Pattern | undefined;

function isHostname(text: string): boolean {
  hostName ??= compilePattern(hostPattern);
  if (!hostName.test(text) || Buffer.byteLength(text) > 255) return false;
  return text.split('.').every((part) => Buffer.byteLength(part) <= 63);
}

/** A path, or an address with a scheme, as in a request line. */
function isUri(text: string): boolean {
  if (/\p{Cc}|%(?![0-9a-fA-F]{2})/u.test(text)) return false;
  if (text.startsWith('/')) return true;
  const [, rest] = /^[A-Za-z][A-Za-z0-9+.-]*:(.*)$/s.exec(text) ?? [];
  return rest !== undefined && (!rest.startsWith('//') || URL.canParse(`https:${rest}`) || /^\/\/($|\/)/.test(rest));
}

const isMac: Check = (text) =>
  [6, 8, 20].some(
    (bytes) =>
      new RegExp(`^[0-9a-f]{2}(?:(:|-)[0-9a-f]{2})(?:\\1[0-9a-f]{2}){${bytes - 2}}$`, 'i').test(text) ||
      new RegExp(`^[0-9a-f]{4}(?:\\.[0-9a-f]{4}){${bytes / 2 - 1}}$`, 'i').test(text),
  );

const digitsOf = (text: string): readonly number[] => [...text].map(Number);

function isIsbn10(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '');
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  const sum = [...digits].reduce(
    (total, digit, index) => total + (index + 1) * (digit === 'X' ? 10 : Number(digit)),
    0,
  );
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '');
  if (!/^\d{13}$/.test(digits)) return false;
  const sum = digitsOf(digits).reduce((total, digit, index) => total + digit * (index % 2 === 0 ? 1 : 3), 0);
  return sum % 10 === 0;
}

const cards =
  /^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11})$/;

function isCreditCard(text: string): boolean {
  const digits = text.replace(/\D+/g, '');
  const sum = digitsOf(digits)
    .toReversed()
    .reduce((total, digit, index) => total + (index % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2), 0);
  return cards.test(digits) && sum % 10 === 0;
}

const colour = '(?:0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])';

const checks: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['bsonobjectid', matches(/^[0-9a-f]{24}$/i)],
  ['uri', isUri],
  ['email', isEmail],
  ['hostname', isHostname],
  ['ipv4', isIPv4],
  ['ipv6', (text) => isIPv6(text) && !text.includes('%')],
  ['cidr', isBlock],
  ['mac', isMac],
  ['uuid', matches(/^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i)],
  ['uuid3', matches(/^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i)],
  ['uuid4', matches(/^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i)],
  ['uuid5', matches(/^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i)],
  ['isbn', (text) => isIsbn10(text) || isIsbn13(text)],
  ['isbn10', isIsbn10],
  ['isbn13', isIsbn13],
  ['creditcard', isCreditCard],
  ['ssn', (text) => text.length === 11 && /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text)],
  ['hexcolor', matches(/^#?(?:[0-9a-f]{3}|[0-9a-f]{6})$/i)],
  ['rgbcolor', matches(new RegExp(`^rgb\\(\\s*${colour}\\s*,\\s*${colour}\\s*,\\s*${colour}\\s*\\)$`))],
  ['byte', matches(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/)],
  ['password', () => true],
  ['date', isDate],
  ['duration', isDuration],
  ['datetime', isDateTime],
  ['k8sshortname', (text) => labelProblems(text).length === 0],
  ['k8slongname', (text) => subdomainProblems(text).length === 0],
]);

const ofNumbers: Readonly<Record<string, readonly string[]>> = {
  integer: ['int32', 'int64'],
  number: ['float', 'double'],
};

const checkOf = (format: string): Check | undefined => checks.get(format.replaceAll('-', ''));

export function hasFormat(format: string, text: string): boolean {
  return checkOf(format)?.(text) ?? true;
}

/** Whether a format means something for values of a type; upstream warns of others and passes over them. */
export function isRecognised(type: string, format: string): boolean {
  if (type === '' || type === 'string') return checkOf(format) !== undefined;
  return ofNumbers[type]?.includes(format) === true;
}
