/** Web Cryptography §21 RSA-PSS (RFC 8017 §8.1, §9.1). */
import { host } from '../../host.ts';
import { type Bytes, fail, type Parameters, register } from '../algorithm.ts';
import { type CryptoKey, partsOfKey } from '../key.ts';
import { digest, type Hash, joined } from '../native/hashes.ts';
import { power, signatureOf } from '../native/powers.ts';
import { isEqual } from '../time.ts';
import { numbersOf, rsaKeys } from './rsa-keys.ts';
import { hashNameOf, hashOf } from './sha.ts';

const hashOfKey = (key: CryptoKey): Hash => hashOf(hashNameOf(partsOfKey(key).algorithm.hash));

/** RFC 8017 appendix B.2.1. */
function mask(hash: Hash, seed: Bytes, sizeBytes: number): Bytes {
  const blocks: Bytes[] = [];
  for (let at = 0; at * hash.outputBytes < sizeBytes; at++) {
    const counter = new Uint8Array(4);
    new DataView(counter.buffer).setUint32(0, at);
    blocks.push(digest(hash, joined(seed, counter)));
  }
  return joined(...blocks).slice(0, sizeBytes);
}

function exclusiveOr(left: Bytes, right: Bytes): Bytes {
  return left.map((byte, at) => byte ^ (right[at] ?? 0));
}

function saltLengthOf({ saltLength }: Parameters): number {
  const sizeBytes = Number(saltLength);
  if (saltLength === undefined || !Number.isInteger(sizeBytes) || sizeBytes < 0) {
    throw new TypeError('RSA-PSS: saltLength must be a number of bytes');
  }
  return sizeBytes;
}

interface Layout {
  readonly hash: Hash;
  readonly saltBytes: number;
  /** The encoded message has one bit less than the modulus: bytes, and bits of the first of them that are 0. */
  readonly sizeBytes: number;
  readonly zeroBits: number;
  /** Of what is masked. */
  readonly blockBytes: number;
}

function layoutOf(parameters: Parameters, key: CryptoKey): Layout {
  const hash = hashOfKey(key);
  const saltBytes = saltLengthOf(parameters);
  const bits = (partsOfKey(key).algorithm.modulusLength ?? 0) - 1;
  const sizeBytes = Math.ceil(bits / 8);
  return { hash, saltBytes, sizeBytes, zeroBits: sizeBytes * 8 - bits, blockBytes: sizeBytes - hash.outputBytes - 1 };
}

const seedOf = (hash: Hash, data: Bytes, salt: Bytes): Bytes =>
  digest(hash, joined(new Uint8Array(8), digest(hash, data), salt));

/** §9.1.1. */
function encoded({ hash, saltBytes, zeroBits, blockBytes }: Layout, data: Bytes): Bytes {
  if (blockBytes < saltBytes + 1) fail('OperationError', 'RSA-PSS: the key is too short for this hash and salt');
  const salt = new Uint8Array(saltBytes);
  host.fillRandom(salt);
  const seed = seedOf(hash, data, salt);
  const block = new Uint8Array(blockBytes);
  block[blockBytes - saltBytes - 1] = 1;
  block.set(salt, blockBytes - saltBytes);
  const masked = exclusiveOr(block, mask(hash, seed, blockBytes));
  masked[0] = (masked[0] ?? 0) & (0xff >> zeroBits);
  return joined(masked, seed, Uint8Array.of(0xbc));
}

/** §9.1.2. */
function fits({ hash, saltBytes, zeroBits, blockBytes }: Layout, message: Bytes, data: Bytes): boolean {
  if (blockBytes < saltBytes + 1 || message.at(-1) !== 0xbc) return false;
  const masked = message.slice(0, blockBytes);
  const seed = message.slice(blockBytes, -1);
  if (((masked[0] ?? 0) & ~(0xff >> zeroBits)) !== 0) return false;
  const block = exclusiveOr(masked, mask(hash, seed, blockBytes));
  block[0] = (block[0] ?? 0) & (0xff >> zeroBits);
  const saltAt = blockBytes - saltBytes;
  const isPadded = block.subarray(0, saltAt - 1).every((byte) => byte === 0) && block[saltAt - 1] === 1;
  return isPadded && isEqual(seed, seedOf(hash, data, block.slice(saltAt)));
}

register({
  name: 'RSA-PSS',
  ...rsaKeys('RSA-PSS', { 'SHA-1': 'PS1', 'SHA-256': 'PS256', 'SHA-384': 'PS384', 'SHA-512': 'PS512' }),
  sign(parameters, key, data) {
    const numbers = numbersOf(key);
    const message = encoded(layoutOf(parameters, key), data);
    // One bit shorter than the modulus, which may make it a byte.
    const padded = joined(new Uint8Array(numbers.n.length - message.length), message);
    const signature = signatureOf(padded, numbers);
    return signature ?? fail('OperationError', 'The numbers of the key do not belong together');
  },
  verify(parameters, key, signature, data) {
    const { n, e } = numbersOf(key);
    const layout = layoutOf(parameters, key);
    const message = signature.length === n.length ? power(signature, e, n) : null;
    if (message === null) return false;
    const spare = message.length - layout.sizeBytes;
    return message.subarray(0, spare).every((byte) => byte === 0) && fits(layout, message.slice(spare), data);
  },
});
