/** Ed25519 (RFC 8032). */
import type { Bytes } from '../algorithm.ts';
import { bytesFor, isSo } from './compute.ts';
import { operationsOf } from './families.ts';

const first = operationsOf('ed25519');

export const publicKeyOf = (seed: Bytes): Bytes => bytesFor(first, seed);

export const sign = (seed: Bytes, message: Bytes): Bytes => bytesFor(first + 1, seed, message);

export const verify = (publicKey: Bytes, message: Bytes, signature: Bytes): boolean =>
  isSo(first + 2, publicKey, message, signature);
