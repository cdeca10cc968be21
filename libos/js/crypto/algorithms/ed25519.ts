/** Web Cryptography §25 Ed25519 (RFC 8032). */

import { host } from '../../host.ts';
import { register } from '../algorithm.ts';
import { partsOfKey } from '../key.ts';
import { publicKeyOf, sign, verify } from '../native/ed25519.ts';
import { curveKeys } from './curve.ts';

register({
  name: 'Ed25519',
  ...curveKeys({
    name: 'Ed25519',
    algorithm: { name: 'Ed25519' },
    kty: 'OKP',
    sizeBytes: 32,
    usages: { public: ['verify'], private: ['sign'] },
    use: 'sig',
    newPrivateKey() {
      const seed = new Uint8Array(32);
      host.fillRandom(seed);
      return seed;
    },
    publicKeyOf,
    // Any 32 bytes are imported (§25.4.3); those that are no point verify nothing.
    publicKeyFrom: (bytes) => (bytes.length === 32 ? bytes : null),
    isPrivateKey: (bytes) => bytes.length === 32,
    check: () => undefined,
  }),
  sign: (_parameters, key, data) => sign(partsOfKey(key).bytes, data),
  verify: (_parameters, key, signature, data) =>
    signature.length === 64 && verify(partsOfKey(key).bytes, data, signature),
});
