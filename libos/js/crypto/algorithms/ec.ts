/** Keys of the curve P-256, which are the same for ECDSA and ECDH. */
import { fail } from '../algorithm.ts';
import type { KeyUsage } from '../key.ts';
import { isPrivateKey, newPrivateKey, publicKeyFrom, publicKeyOf } from '../native/p256.ts';
import { curveKeys } from './curve.ts';

export const ecKeys = (
  name: 'ECDSA' | 'ECDH',
  use: 'sig' | 'enc',
  usages: Readonly<Record<'public' | 'private', readonly KeyUsage[]>>,
) =>
  curveKeys({
    name: 'P-256',
    algorithm: { name, namedCurve: 'P-256' },
    kty: 'EC',
    sizeBytes: 32,
    usages,
    use,
    newPrivateKey,
    publicKeyOf,
    publicKeyFrom,
    isPrivateKey: (bytes) => bytes.length === 32 && isPrivateKey(bytes),
    check({ namedCurve }) {
      if (namedCurve === undefined) throw new TypeError(`${name}: namedCurve is missing`);
      if (namedCurve !== 'P-256') {
        fail('NotSupportedError', `${name}: the curve ${String(namedCurve)} is not supported, only P-256`);
      }
    },
  });
