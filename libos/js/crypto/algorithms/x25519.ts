/** Web Cryptography §26 X25519 (RFC 7748). */

import { host } from '../../host.ts';
import { register } from '../algorithm.ts';
import { agree, publicKeyOf } from '../native/x25519.ts';
import { deriveBitsBy } from './agreement.ts';
import { curveKeys } from './curve.ts';

register({
  name: 'X25519',
  ...curveKeys({
    name: 'X25519',
    algorithm: { name: 'X25519' },
    kty: 'OKP',
    sizeBytes: 32,
    usages: { public: [], private: ['deriveKey', 'deriveBits'] },
    use: 'enc',
    newPrivateKey() {
      const secret = new Uint8Array(32);
      host.fillRandom(secret);
      return secret;
    },
    publicKeyOf,
    publicKeyFrom: (bytes) => (bytes.length === 32 ? bytes : null),
    isPrivateKey: (bytes) => bytes.length === 32,
    check: () => undefined,
  }),
  deriveBits: deriveBitsBy('X25519', agree),
});
