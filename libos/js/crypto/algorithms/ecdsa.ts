/** Web Cryptography §23 ECDSA with the curve P-256. */

import { register } from '../algorithm.ts';
import { partsOfKey } from '../key.ts';
import { digest } from '../native/hashes.ts';
import { sign, verify } from '../native/p256.ts';
import { ecKeys } from './ec.ts';
import { hashNameOf, hashOf } from './sha.ts';

register({
  name: 'ECDSA',
  ...ecKeys('ECDSA', 'sig', { public: ['verify'], private: ['sign'] }),
  sign: ({ hash }, key, data) => sign(partsOfKey(key).bytes, digest(hashOf(hashNameOf(hash)), data)),
  verify({ hash }, key, signature, data) {
    const digested = digest(hashOf(hashNameOf(hash)), data);
    return signature.length === 64 && verify(partsOfKey(key).bytes, digested, signature);
  },
});
