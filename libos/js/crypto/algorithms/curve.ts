/** Keys of ECDSA, ECDH, Ed25519 and X25519: generation, and the formats that all have. */

import {
  type Algorithm,
  type Bytes,
  checkUsages,
  fail,
  type Import,
  type JsonWebKey,
  needUsage,
  type Parameters,
} from '../algorithm.ts';
import { type CurveName, decodePkcs8, decodeSpki, encodePkcs8, encodeSpki } from '../der.ts';
import { checkedJwk, fromBase64Url, toBase64Url } from '../jwk.ts';
import { type CryptoKey, createKey, type KeyAlgorithm, type KeyType, type KeyUsage, partsOfKey } from '../key.ts';

export interface Curve {
  readonly name: CurveName;
  readonly algorithm: KeyAlgorithm;
  readonly kty: 'EC' | 'OKP';
  /** Size of a coordinate and of a private key. */
  readonly sizeBytes: number;
  readonly usages: Readonly<Record<'public' | 'private', readonly KeyUsage[]>>;
  /** What a JSON Web Key may say in `use`. */
  readonly use: 'sig' | 'enc';
  newPrivateKey(): Bytes;
  publicKeyOf(privateKey: Bytes): Bytes;
  /** The key as it is kept, of its encoded form; null when it is none. */
  publicKeyFrom(bytes: Bytes): Bytes | null;
  isPrivateKey(bytes: Bytes): boolean;
  /** Throws for parameters that name another curve. */
  check(parameters: Parameters): void;
}

type Key = (
  type: Exclude<KeyType, 'secret'>,
  bytes: Bytes,
  isExtractable: boolean,
  usages: readonly KeyUsage[],
) => CryptoKey;

const keyOf =
  (curve: Curve): Key =>
  (type, bytes, isExtractable, usages) => {
    checkUsages(usages, curve.usages[type], `${curve.algorithm.name} (${type})`);
    if (type === 'private') needUsage(usages);
    const kept = type === 'public' ? curve.publicKeyFrom(bytes) : curve.isPrivateKey(bytes) ? bytes : null;
    if (kept === null) return fail('DataError', `These bytes are no ${type} key of ${curve.name}`);
    return createKey({ type, isExtractable, algorithm: curve.algorithm, usages, bytes: kept });
  };

function importJwk(curve: Curve, given: Import, key: Key): CryptoKey {
  const jwk = checkedJwk(given, curve.kty, curve.use);
  if (jwk.crv !== curve.name) fail('DataError', `The JSON Web Key is for the curve ${jwk.crv}, not ${curve.name}`);
  const coordinate = (member: 'x' | 'y' | 'd'): Bytes => {
    const bytes = fromBase64Url(jwk[member], member);
    return bytes.length === curve.sizeBytes ? bytes : fail('DataError', `The member "${member}" has the wrong length`);
  };
  if (jwk.d !== undefined) {
    const bytes = coordinate('d');
    const made = key('private', bytes, given.isExtractable, given.usages);
    const publicBytes = publicBytesOf(curve, coordinate);
    const its = curve.publicKeyOf(bytes);
    if (!publicBytes.every((byte, at) => byte === its[at]))
      fail('DataError', 'The halves of the key do not belong together');
    return made;
  }
  return key('public', publicBytesOf(curve, coordinate), given.isExtractable, given.usages);
}

const publicBytesOf = (curve: Curve, coordinate: (member: 'x' | 'y') => Bytes): Bytes =>
  curve.kty === 'OKP' ? coordinate('x') : new Uint8Array([4, ...coordinate('x'), ...coordinate('y')]);

function exportJwk(curve: Curve, key: CryptoKey): JsonWebKey {
  const { type, bytes, isExtractable } = partsOfKey(key);
  const publicBytes = type === 'public' ? bytes : curve.publicKeyOf(bytes);
  const { sizeBytes } = curve;
  const coordinates =
    curve.kty === 'OKP'
      ? { x: toBase64Url(publicBytes) }
      : { x: toBase64Url(publicBytes.slice(1, 1 + sizeBytes)), y: toBase64Url(publicBytes.slice(1 + sizeBytes)) };
  const secret = type === 'private' ? { d: toBase64Url(bytes) } : {};
  return { kty: curve.kty, crv: curve.name, ...coordinates, ...secret, key_ops: key.usages, ext: isExtractable };
}

/** Key operations of an algorithm over one curve. */
export function curveKeys(curve: Curve): Pick<Algorithm, 'generateKey' | 'importKey' | 'exportKey'> {
  const key = keyOf(curve);
  return {
    generateKey(parameters, isExtractable, usages) {
      curve.check(parameters);
      const allowed = curve.usages;
      checkUsages(usages, [...allowed.public, ...allowed.private], curve.algorithm.name);
      const privateKey = curve.newPrivateKey();
      const of = (type: 'public' | 'private') => usages.filter((usage) => allowed[type].includes(usage));
      return {
        publicKey: key('public', curve.publicKeyOf(privateKey), true, of('public')),
        privateKey: key('private', privateKey, isExtractable, of('private')),
      };
    },
    importKey(given) {
      curve.check(given.parameters);
      const { format, data, isExtractable, usages } = given;
      switch (format) {
        case 'raw':
          return key('public', data as Bytes, isExtractable, usages);
        case 'spki':
          return key('public', decodeSpki(curve.name, data as Bytes), isExtractable, usages);
        case 'pkcs8':
          return key('private', decodePkcs8(curve.name, data as Bytes), isExtractable, usages);
        case 'jwk':
          return importJwk(curve, given, key);
      }
    },
    exportKey(format, exported) {
      const { type, bytes } = partsOfKey(exported);
      if (format === 'jwk') return exportJwk(curve, exported);
      if ((format === 'pkcs8') !== (type === 'private')) {
        return fail('InvalidAccessError', `A ${type} key has no format ${format}`);
      }
      if (format === 'raw') return bytes.slice();
      return format === 'spki'
        ? encodeSpki(curve.name, bytes)
        : encodePkcs8(curve.name, bytes, curve.publicKeyOf(bytes));
    },
  };
}
