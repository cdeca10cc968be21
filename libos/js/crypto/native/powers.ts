/** Powers modulo an odd number. Numbers are big-endian bytes, as everywhere in RSA. */
import type { Bytes } from '../algorithm.ts';
import type { RsaNumbers } from '../key.ts';
import { bytesOrNull } from './compute.ts';
import { operationsOf } from './families.ts';

const first = operationsOf('powers');

/** The largest modulus. */
export const mostBytes = 512;

const wordBytes = 4;

/** Little-endian, in whole words of 32 bits. */
function wordsOf(number: Bytes, sizeBytes: number): Bytes {
  const words = new Uint8Array(Math.ceil(sizeBytes / wordBytes) * wordBytes);
  const significant = withoutZeros(number);
  words.set(significant.toReversed());
  return words;
}

export function withoutZeros(number: Bytes): Bytes {
  const from = number.findIndex((byte) => byte !== 0);
  return from < 0 ? new Uint8Array(0) : number.slice(from);
}

/** As many bytes as `modulus` has; null when the base is not smaller than the modulus, or that is even or too large. */
function powerOf(operation: number, base: Bytes, exponent: Bytes, bits: number, modulus: Bytes): Bytes | null {
  const sizeBytes = modulus.length;
  if (sizeBytes > mostBytes || withoutZeros(base).length > sizeBytes) return null;
  const exponentWords = wordsOf(exponent, Math.max(exponent.length, Math.ceil(bits / 8)));
  const power = bytesOrNull(operation, wordsOf(modulus, sizeBytes), wordsOf(base, sizeBytes), exponentWords, bits);
  return power === null ? null : power.slice(0, sizeBytes).reverse();
}

/** For exponents that are known to all. */
export function power(base: Bytes, exponent: Bytes, modulus: Bytes): Bytes | null {
  const significant = withoutZeros(exponent);
  const bits = significant.length * 8 - Math.clz32(significant[0] ?? 0) + 24;
  return powerOf(first, base, significant, bits, modulus);
}

/** In a time that tells nothing of the exponent but its bound: the modulus. */
const secretPower = (base: Bytes, exponent: Bytes, modulus: Bytes): Bytes | null =>
  powerOf(first + 1, base, withoutZeros(exponent), modulus.length * 8, modulus);

/** The same by the primes of the modulus, a quarter of the work; null when they are not both half as long. */
function powerByPrimes(base: Bytes, numbers: RsaNumbers): Bytes | null {
  const sizeBytes = numbers.n.length;
  const halfBytes = sizeBytes / 2;
  if (sizeBytes > mostBytes || halfBytes % wordBytes !== 0) return null;
  const halves: Bytes[] = [];
  for (const member of ['p', 'q', 'dp', 'dq', 'qi'] as const) {
    const number = numbers[member];
    if (number === undefined || number.length > halfBytes) return null;
    halves.push(wordsOf(number, halfBytes));
  }
  return bytesOrNull(first + 2, wordsOf(base, sizeBytes), ...halves)?.reverse() ?? null;
}

const isSame = (left: Bytes, right: Bytes): boolean =>
  left.length === right.length && left.every((byte, at) => byte === right[at]);

/**
 * RSASP1 (RFC 8017 §5.2.1) of a message as long as the modulus. What the primes come to is checked: a wrong signature by one of them
 * gives the other away. Null when the numbers of the key do not belong together.
 */
export function signatureOf(message: Bytes, numbers: RsaNumbers): Bytes | null {
  const { n, e, d } = numbers;
  for (const signature of [() => powerByPrimes(message, numbers), () => d && secretPower(message, d, n)]) {
    const made = signature();
    const back = made ? power(made, e, n) : null;
    if (made && back !== null && isSame(back, message)) return made;
  }
  return null;
}
