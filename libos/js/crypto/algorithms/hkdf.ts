/** Web Cryptography §32 HKDF (RFC 5869). */

import { bytesOf, fail, register } from '../algorithm.ts';
import { partsOfKey } from '../key.ts';
import { hkdf } from '../native/hashes.ts';
import { importMaterial, sizeOf } from './derive.ts';
import { hashNameOf, hashOf } from './sha.ts';

register({
  name: 'HKDF',
  importKey: importMaterial('HKDF'),
  deriveBits(parameters, key, lengthBits) {
    const hash = hashOf(hashNameOf(parameters.hash));
    const salt = bytesOf(parameters.salt, 'HKDF: salt');
    const info = bytesOf(parameters.info, 'HKDF: info');
    const sizeBytes = sizeOf(lengthBits, 'HKDF');
    if (sizeBytes === 0) return new Uint8Array(0);
    if (sizeBytes > 255 * hash.outputBytes) fail('OperationError', 'HKDF gives at most 255 blocks of the hash');
    return hkdf(hash, partsOfKey(key).bytes, salt, info, sizeBytes);
  },
  keyLengthBits: () => null,
});
