/** The curve P-256 (FIPS 186-5). A public key is a point, uncompressed: 4, then its coordinates. */
import { host } from '../../host.ts';
import type { Bytes } from '../algorithm.ts';
import { bytesFor, bytesOrNull, isSo } from './compute.ts';
import { operationsOf } from './families.ts';
import { joined } from './hashes.ts';

const first = operationsOf('p256');
const operations = {
  publicOf: first,
  sign: first + 1,
  verify: first + 2,
  agree: first + 3,
  isPoint: first + 4,
  isSecret: first + 5,
  decompress: first + 6,
} as const;

const scalarBytes = 32;
const uncompressed = Uint8Array.of(4);

export const isPrivateKey = (bytes: Bytes): boolean => isSo(operations.isSecret, bytes);

export const publicKeyOf = (privateKey: Bytes): Bytes =>
  joined(uncompressed, bytesFor(operations.publicOf, privateKey));

/** Any private key is as likely as any other. */
export function newPrivateKey(): Bytes {
  const bytes = new Uint8Array(scalarBytes);
  do host.fillRandom(bytes);
  while (!isPrivateKey(bytes));
  return bytes;
}

/** A public key of its encoded form, compressed or not (SEC 1 §2.3.4); null when it is no point of the curve. */
export function publicKeyFrom(bytes: Bytes): Bytes | null {
  if (bytes.length === 65 && bytes[0] === 4) return isSo(operations.isPoint, bytes.subarray(1)) ? bytes : null;
  const point = bytes.length === 33 ? bytesOrNull(operations.decompress, bytes) : null;
  return point === null ? null : joined(uncompressed, point);
}

/** FIPS 186-5 §6.4.1: of a digest the leftmost 256 bits; a shorter one is a smaller number. */
function scalarOf(digest: Bytes): Bytes {
  if (digest.length >= scalarBytes) return digest.slice(0, scalarBytes);
  const scalar = new Uint8Array(scalarBytes);
  scalar.set(digest, scalarBytes - digest.length);
  return scalar;
}

export function sign(privateKey: Bytes, digest: Bytes): Bytes {
  const scalar = scalarOf(digest);
  for (;;) {
    const signature = bytesOrNull(operations.sign, privateKey, newPrivateKey(), scalar);
    if (signature !== null) return signature;
  }
}

export const verify = (publicKey: Bytes, digest: Bytes, signature: Bytes): boolean =>
  isSo(operations.verify, publicKey.subarray(1), scalarOf(digest), signature);

/** The first coordinate of the point both sides come to; null when the other side's is none. */
export const agree = (privateKey: Bytes, publicKey: Bytes): Bytes | null =>
  bytesOrNull(operations.agree, privateKey, publicKey.subarray(1))?.slice(0, scalarBytes) ?? null;
