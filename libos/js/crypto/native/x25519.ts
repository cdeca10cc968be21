/** X25519 (RFC 7748). */
import type { Bytes } from '../algorithm.ts';
import { bytesFor, bytesOrNull } from './compute.ts';
import { operationsOf } from './families.ts';

const first = operationsOf('x25519');

export const publicKeyOf = (secret: Bytes): Bytes => bytesFor(first, secret);

/** What both sides come to; null when that is zero. */
export const agree = (secret: Bytes, publicKey: Bytes): Bytes | null => bytesOrNull(first + 1, secret, publicKey);
