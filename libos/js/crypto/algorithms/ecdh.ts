/** Web Cryptography §24 ECDH with the curve P-256. */

import { register } from '../algorithm.ts';
import { agree } from '../native/p256.ts';
import { deriveBitsBy } from './agreement.ts';
import { ecKeys } from './ec.ts';

register({
  name: 'ECDH',
  ...ecKeys('ECDH', 'enc', { public: [], private: ['deriveKey', 'deriveBits'] }),
  deriveBits: deriveBitsBy('ECDH', agree),
});
