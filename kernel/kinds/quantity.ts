/** Kubernetes quantities: `100m`, `1.5Gi`, `2e3` (apimachinery pkg/api/resource/quantity.go). Exact, on nano units. */

const binary: Readonly<Record<string, bigint>> = {
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
  Pi: 1n << 50n,
  Ei: 1n << 60n,
};
const decimal: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const nano = 1_000_000_000n;

interface ParsedQuantity {
  readonly nanos: bigint;
  readonly form: 'binary' | 'decimal' | 'exponent';
}

export const quantityMessage =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

export function parseQuantity(text: string): ParsedQuantity | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\d+)?$/.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  const digits = BigInt(whole + fraction);
  const scale = binary[suffix];
  let nanos: bigint;
  let form: ParsedQuantity['form'] = 'decimal';
  if (scale !== undefined) {
    nanos = divideUp(digits * scale * nano, 10n ** BigInt(fraction.length));
    form = 'binary';
  } else {
    const isExponent = suffix.length > 1 && /^[eE]/.test(suffix);
    if (isExponent) form = 'exponent';
    const power = (isExponent ? Number(suffix.slice(1)) : (decimal[suffix] ?? 0)) + 9 - fraction.length;
    if (Math.abs(power) > 60) return undefined;
    nanos = power >= 0 ? digits * 10n ** BigInt(power) : divideUp(digits, 10n ** BigInt(-power));
  }
  return { nanos: sign === '-' ? -nanos : nanos, form };
}

const divideUp = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

/** The canonical spelling: no fraction, the largest suffix that keeps it exact. Undefined when `text` is no quantity. */
export function canonicalQuantity(text: string): string | undefined {
  const parsed = parseQuantity(text);
  return parsed === undefined ? undefined : spell(parsed.nanos, parsed.form);
}

function spell(amount: bigint, form: ParsedQuantity['form']): string {
  const sign = amount < 0n ? '-' : '';
  const nanos = amount < 0n ? -amount : amount;
  if (nanos === 0n) return '0';
  if (form === 'binary' && nanos % nano === 0n && nanos / nano >= 1024n) {
    const value = nanos / nano;
    const suffix = Object.entries(binary).findLast(([, scale]) => value % scale === 0n);
    return suffix === undefined ? `${sign}${value}` : `${sign}${value / suffix[1]}${suffix[0]}`;
  }
  let exponent = -9;
  let value = nanos;
  while (value % 1000n === 0n && exponent < 18) {
    value /= 1000n;
    exponent += 3;
  }
  if (form === 'exponent') return exponent === 0 ? `${sign}${value}` : `${sign}${value}e${exponent}`;
  const suffix = Object.entries(decimal).find(([, power]) => power === exponent)?.[0] ?? '';
  return `${sign}${value}${suffix}`;
}

/** The sum in its canonical spelling, in the form of the first that says something; text that is no quantity counts as 0. */
export function addQuantities(a: string, b: string): string {
  const [left, right] = [parseQuantity(a), parseQuantity(b)];
  const form = left === undefined || left.nanos === 0n ? right?.form : left.form;
  return spell((left?.nanos ?? 0n) + (right?.nanos ?? 0n), form ?? 'decimal');
}

/** -1, 0 or 1; text that is no quantity counts as 0. */
export function compareQuantities(a: string, b: string): number {
  const left = parseQuantity(a)?.nanos ?? 0n;
  const right = parseQuantity(b)?.nanos ?? 0n;
  return left < right ? -1 : left > right ? 1 : 0;
}
