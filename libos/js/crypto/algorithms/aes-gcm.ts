/** Web Cryptography §27 AES-GCM, by `@noble/ciphers`. */

import { gcm } from '@noble/ciphers/aes.js';
import { host } from '../../host.ts';
import { type Bytes, bytesOf, checkUsages, fail, needUsage, type Parameters, register } from '../algorithm.ts';
import { checkedJwk, fromBase64Url, toBase64Url } from '../jwk.ts';
import { type CryptoKey, createKey, type KeyUsage, partsOfKey } from '../key.ts';

const usagesOfKey: readonly KeyUsage[] = ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'];

const isLength = (bits: unknown): bits is number => bits === 128 || bits === 192 || bits === 256;

function secretKey(bytes: Bytes, isExtractable: boolean, usages: readonly KeyUsage[]): CryptoKey {
  checkUsages(usages, usagesOfKey, 'AES-GCM');
  const length = bytes.length * 8;
  if (!isLength(length)) return fail('DataError', `An AES key has 128, 192 or 256 bits, not ${length}`);
  needUsage(usages);
  return createKey({ type: 'secret', isExtractable, algorithm: { name: 'AES-GCM', length }, usages, bytes });
}

const lengthOf = ({ length }: Parameters): number =>
  isLength(Number(length))
    ? Number(length)
    : fail('OperationError', `An AES key has 128, 192 or 256 bits, not ${String(length)}`);

function cipher(parameters: Parameters, key: CryptoKey): ReturnType<typeof gcm> {
  const { iv, additionalData, tagLength } = parameters;
  const nonce = bytesOf(iv, 'AES-GCM: iv');
  if (tagLength !== undefined && tagLength !== 128) {
    fail(
      [32, 64, 96, 104, 112, 120].includes(Number(tagLength)) ? 'NotSupportedError' : 'OperationError',
      `AES-GCM: a tagLength of ${String(tagLength)} is not supported, only 128`,
    );
  }
  const extra = additionalData === undefined ? undefined : bytesOf(additionalData, 'AES-GCM: additionalData');
  return gcm(partsOfKey(key).bytes, nonce, extra);
}

register({
  name: 'AES-GCM',
  generateKey(parameters, isExtractable, usages) {
    checkUsages(usages, usagesOfKey, 'AES-GCM');
    const bytes = new Uint8Array(lengthOf(parameters) / 8);
    host.fillRandom(bytes);
    return secretKey(bytes, isExtractable, usages);
  },
  importKey(given) {
    if (given.format === 'raw') return secretKey(given.data as Bytes, given.isExtractable, given.usages);
    if (given.format !== 'jwk') return fail('NotSupportedError', `AES-GCM keys have no format ${given.format}`);
    checkUsages(given.usages, usagesOfKey, 'AES-GCM');
    const jwk = checkedJwk(given, 'oct', 'enc');
    const bytes = fromBase64Url(jwk.k, 'k');
    if (jwk.alg !== undefined && jwk.alg !== `A${bytes.length * 8}GCM`) {
      fail('DataError', `The JSON Web Key is for "${jwk.alg}"`);
    }
    return secretKey(bytes, given.isExtractable, given.usages);
  },
  exportKey(format, key) {
    const { bytes, isExtractable } = partsOfKey(key);
    if (format === 'raw') return bytes.slice();
    if (format !== 'jwk') return fail('NotSupportedError', `AES-GCM keys have no format ${format}`);
    const alg = `A${bytes.length * 8}GCM`;
    return { kty: 'oct', k: toBase64Url(bytes), alg, key_ops: key.usages, ext: isExtractable };
  },
  encrypt: (parameters, key, data) => cipher(parameters, key).encrypt(data) as Bytes,
  decrypt(parameters, key, data) {
    try {
      return cipher(parameters, key).decrypt(data) as Bytes;
    } catch (error) {
      if (error instanceof DOMException || error instanceof TypeError) throw error;
      return fail(
        'OperationError',
        'The data could not be decrypted: wrong key, iv or additionalData, or it was changed',
      );
    }
  },
  keyLengthBits: lengthOf,
});
