/** Web Cryptography §29 HMAC. */

import { host } from '../../host.ts';
import { type Bytes, checkUsages, fail, type Import, needUsage, type Parameters, register } from '../algorithm.ts';
import { checkedJwk, fromBase64Url, toBase64Url } from '../jwk.ts';
import { type CryptoKey, createKey, type KeyUsage, partsOfKey } from '../key.ts';
import { type HashName, hmac } from '../native/hashes.ts';
import { isEqual } from '../time.ts';
import { hashNameOf, hashOf } from './sha.ts';

/** RFC 7518 §3.2. */
const jwkNames: Readonly<Record<HashName, string>> = {
  'SHA-1': 'HS1',
  'SHA-256': 'HS256',
  'SHA-384': 'HS384',
  'SHA-512': 'HS512',
};

const blockBits = (hash: HashName): number => hashOf(hash).blockBytes * 8;

function secretKey(bytes: Bytes, hash: HashName, isExtractable: boolean, usages: readonly KeyUsage[]): CryptoKey {
  checkUsages(usages, ['sign', 'verify'], 'HMAC');
  needUsage(usages);
  const algorithm = { name: 'HMAC', hash: { name: hash }, length: bytes.length * 8 };
  return createKey({ type: 'secret', isExtractable, algorithm, usages, bytes });
}

const hashOfKey = (key: CryptoKey): HashName => hashNameOf(partsOfKey(key).algorithm.hash);

const mac = (key: CryptoKey, data: Bytes): Bytes => hmac(hashOf(hashOfKey(key)), partsOfKey(key).bytes, data);

function lengthOf({ length }: Parameters, hash: HashName): number {
  if (length === undefined) return blockBits(hash);
  const bits = Number(length);
  return Number.isInteger(bits) && bits > 0 && bits % 8 === 0
    ? bits
    : fail('OperationError', 'The length of an HMAC key must be a positive multiple of 8 bits');
}

function importKey(given: Import): CryptoKey {
  const hash = hashNameOf(given.parameters.hash);
  if (given.format === 'raw') return secretKey(nonEmpty(given.data as Bytes), hash, given.isExtractable, given.usages);
  if (given.format !== 'jwk') return fail('NotSupportedError', `HMAC keys have no format ${given.format}`);
  checkUsages(given.usages, ['sign', 'verify'], 'HMAC');
  const jwk = checkedJwk(given, 'oct', 'sig');
  if (jwk.alg !== undefined && jwk.alg !== jwkNames[hash]) {
    fail('DataError', `The JSON Web Key is for "${jwk.alg}", not for "${jwkNames[hash]}"`);
  }
  return secretKey(nonEmpty(fromBase64Url(jwk.k, 'k')), hash, given.isExtractable, given.usages);
}

const nonEmpty = (bytes: Bytes): Bytes =>
  bytes.length > 0 ? bytes : fail('DataError', 'An HMAC key may not be empty');

register({
  name: 'HMAC',
  generateKey(parameters, isExtractable, usages) {
    const hash = hashNameOf(parameters.hash);
    checkUsages(usages, ['sign', 'verify'], 'HMAC');
    const bytes = new Uint8Array(lengthOf(parameters, hash) / 8);
    host.fillRandom(bytes);
    return secretKey(bytes, hash, isExtractable, usages);
  },
  importKey,
  exportKey(format, key) {
    const { bytes, isExtractable } = partsOfKey(key);
    if (format === 'raw') return bytes.slice();
    if (format !== 'jwk') return fail('NotSupportedError', `HMAC keys have no format ${format}`);
    return {
      kty: 'oct',
      k: toBase64Url(bytes),
      alg: jwkNames[hashOfKey(key)],
      key_ops: key.usages,
      ext: isExtractable,
    };
  },
  sign: (_parameters, key, data) => mac(key, data),
  verify: (_parameters, key, signature, data) => isEqual(mac(key, data), signature),
  keyLengthBits: (parameters) => lengthOf(parameters, hashNameOf(parameters.hash)),
});
