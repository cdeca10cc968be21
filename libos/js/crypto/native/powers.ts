/** Powers modulo an odd number. Numbers are big-endian bytes, as everywhere in RSA. */
import type { Bytes } from '../algorithm.ts';
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
export const secretPower = (base: Bytes, exponent: Bytes, modulus: Bytes): Bytes | null =>
  powerOf(first + 1, base, withoutZeros(exponent), modulus.length * 8, modulus);
