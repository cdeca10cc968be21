/** Web Cryptography §25 Ed25519 (RFC 8032), by `@noble/curves`. */

import { ed25519 } from '@noble/curves/ed25519.js';
import { type Bytes, register } from '../algorithm.ts';
import { partsOfKey } from '../key.ts';
import { curveKeys } from './curve.ts';

register({
  name: 'Ed25519',
  ...curveKeys({
    name: 'Ed25519',
    algorithm: { name: 'Ed25519' },
    kty: 'OKP',
    sizeBytes: 32,
    seedBytes: 32,
    privateKeyFrom: (seed) => seed,
    publicKeyOf: (privateKey) => ed25519.getPublicKey(privateKey),
    // Any 32 bytes are imported (§25.4.3); those that are no point verify nothing.
    isPublicKey: (bytes) => bytes.length === 32,
    isPrivateKey: (bytes) => bytes.length === 32,
    check: () => undefined,
  }),
  sign: (_parameters, key, data) => ed25519.sign(data, partsOfKey(key).bytes) as Bytes,
  verify(_parameters, key, signature, data) {
    if (signature.length !== 64) return false;
    try {
      // RFC 8032 §5.1.7, not the looser rules of ZIP 215 that the library takes by default.
      return ed25519.verify(signature, data, partsOfKey(key).bytes, { zip215: false });
    } catch {
      return false;
    }
  },
});
