/** URL standard §3.5 the IPv4 parser, §3.6 the IPv4 serializer. */

const digitsOf: Readonly<Record<number, RegExp>> = { 8: /^[0-7]*$/, 10: /^[0-9]*$/, 16: /^[0-9A-Fa-f]*$/ };

/** §3.5 the IPv4 number parser; null is failure. */
function parseNumber(input: string): number | null {
  if (input === '') return null;
  let radix = 10;
  let digits = input;
  if (/^0[xX]/.test(digits)) {
    digits = digits.slice(2);
    radix = 16;
  } else if (digits.length >= 2 && digits.startsWith('0')) {
    digits = digits.slice(1);
    radix = 8;
  }
  if (digits === '') return 0;
  return digitsOf[radix]?.test(digits) ? Number.parseInt(digits, radix) : null;
}

/** §3.5 the ends-in-a-number checker. */
export function endsInNumber(host: string): boolean {
  const parts = host.split('.');
  if (parts.at(-1) === '') {
    if (parts.length === 1) return false;
    parts.pop();
  }
  const last = parts.at(-1) ?? '';
  return /^[0-9]+$/.test(last) || (/^0[xX]/.test(last) && parseNumber(last) !== null);
}

/** The address as text in its one canonical form; null is failure. */
export function parseIpv4(host: string): string | null {
  const parts = host.split('.');
  if (parts.at(-1) === '' && parts.length > 1) parts.pop();
  if (parts.length > 4) return null;
  const numbers: number[] = [];
  for (const part of parts) {
    const number = parseNumber(part);
    if (number === null) return null;
    numbers.push(number);
  }
  const last = numbers.pop() ?? 0;
  if (numbers.some((number) => number > 255) || last >= 256 ** (4 - numbers.length)) return null;
  let address = last;
  for (const [index, number] of numbers.entries()) address += number * 256 ** (3 - index);
  return [address / 2 ** 24, address / 2 ** 16, address / 2 ** 8, address]
    .map((value) => Math.floor(value) % 256)
    .join('.');
}
