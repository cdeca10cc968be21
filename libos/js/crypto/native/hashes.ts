/** SHA-1 and SHA-2 (FIPS 180-4), HMAC (RFC 2104), and what stands on them. */
import type { Bytes } from '../algorithm.ts';
import { bytesFor } from './compute.ts';
import { operationsOf } from './families.ts';

export type HashName = 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512';

export interface Hash {
  readonly index: number;
  readonly outputBytes: number;
  readonly blockBytes: number;
}

export const hashes: Readonly<Record<HashName, Hash>> = {
  'SHA-1': { index: 0, outputBytes: 20, blockBytes: 64 },
  'SHA-256': { index: 1, outputBytes: 32, blockBytes: 64 },
  'SHA-384': { index: 2, outputBytes: 48, blockBytes: 128 },
  'SHA-512': { index: 3, outputBytes: 64, blockBytes: 128 },
};

const first = operationsOf('hashes');
const macs = first + 4;
const rounds = first + 8;

export const digest = ({ index }: Hash, data: Uint8Array): Bytes => bytesFor(first + index, data);

export const hmac = ({ index }: Hash, key: Uint8Array, data: Uint8Array): Bytes => bytesFor(macs + index, key, data);

export function joined(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function inOrder(sizeBytes: number, blockOf: (index: number) => Uint8Array): Bytes {
  const blocks: Uint8Array[] = [];
  for (let made = 0; made < sizeBytes; made += blocks.at(-1)?.length ?? 0) blocks.push(blockOf(blocks.length + 1));
  return joined(...blocks).slice(0, sizeBytes);
}

/** RFC 5869 §2; at most 255 blocks. */
export function hkdf(hash: Hash, key: Uint8Array, salt: Uint8Array, info: Uint8Array, sizeBytes: number): Bytes {
  const extracted = hmac(hash, salt, key);
  let last = new Uint8Array(0);
  return inOrder(sizeBytes, (index) => {
    last = hmac(hash, extracted, joined(last, info, Uint8Array.of(index)));
    return last;
  });
}

/** So many rounds in one go: a turn that is over its limit is interrupted in between. */
const roundsAtOnce = 1000;

/** RFC 8018 §5.2. */
export function pbkdf2(
  hash: Hash,
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  sizeBytes: number,
): Bytes {
  return inOrder(sizeBytes, (index) => {
    const counter = new Uint8Array(4);
    new DataView(counter.buffer).setUint32(0, index);
    const start = hmac(hash, password, joined(salt, counter));
    // The last of the chain, and the sum of all.
    let state = joined(start, start);
    for (let left = iterations - 1; left > 0; left -= roundsAtOnce) {
      state = bytesFor(rounds + hash.index, password, state, Math.min(left, roundsAtOnce));
    }
    return state.subarray(hash.outputBytes);
  });
}
