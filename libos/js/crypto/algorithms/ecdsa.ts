/** Web Cryptography §23 ECDSA with the curve P-256, by `@noble/curves`. */

import { p256 } from '@noble/curves/nist.js';
import { type Bytes, fail, register } from '../algorithm.ts';
import { partsOfKey } from '../key.ts';
import { curveKeys } from './curve.ts';
import { hashNameOf, hashOf } from './sha.ts';

/** The standard knows no low-S rule (that is Bitcoin's), and hashes are the caller's choice. */
const options = { prehash: false, lowS: false } as const;

register({
  name: 'ECDSA',
  ...curveKeys({
    name: 'P-256',
    algorithm: { name: 'ECDSA', namedCurve: 'P-256' },
    kty: 'EC',
    sizeBytes: 32,
    seedBytes: p256.lengths.seed ?? 48,
    privateKeyFrom: (seed) => p256.utils.randomSecretKey(seed),
    publicKeyOf: (privateKey) => p256.getPublicKey(privateKey, false),
    isPublicKey: (bytes) => bytes.length === 65 && p256.utils.isValidPublicKey(bytes, false),
    isPrivateKey: (bytes) => p256.utils.isValidSecretKey(bytes),
    check({ namedCurve }) {
      if (namedCurve === undefined) throw new TypeError('ECDSA: namedCurve is missing');
      if (namedCurve !== 'P-256') {
        fail('NotSupportedError', `ECDSA: the curve ${String(namedCurve)} is not supported, only P-256`);
      }
    },
  }),
  sign: ({ hash }, key, data) => p256.sign(hashOf(hashNameOf(hash))(data), partsOfKey(key).bytes, options) as Bytes,
  verify({ hash }, key, signature, data) {
    if (signature.length !== 64) return false;
    return p256.verify(signature, hashOf(hashNameOf(hash))(data), partsOfKey(key).bytes, options);
  },
});
