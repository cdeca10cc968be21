/** Web Cryptography §33 PBKDF2 (RFC 8018 §5.2). */

import { bytesOf, fail, register } from '../algorithm.ts';
import { partsOfKey } from '../key.ts';
import { pbkdf2 } from '../native/hashes.ts';
import { importMaterial, sizeOf } from './derive.ts';
import { hashNameOf, hashOf } from './sha.ts';

register({
  name: 'PBKDF2',
  importKey: importMaterial('PBKDF2'),
  deriveBits(parameters, key, lengthBits) {
    const hash = hashOf(hashNameOf(parameters.hash));
    const salt = bytesOf(parameters.salt, 'PBKDF2: salt');
    const iterations = Number(parameters.iterations);
    if (!Number.isInteger(iterations)) throw new TypeError('PBKDF2: iterations must be a number');
    if (iterations < 1) fail('OperationError', 'PBKDF2: iterations must be at least 1');
    const sizeBytes = sizeOf(lengthBits, 'PBKDF2');
    if (sizeBytes === 0) return new Uint8Array(0);
    return pbkdf2(hash, partsOfKey(key).bytes, salt, iterations, sizeBytes);
  },
  keyLengthBits: () => null,
});
