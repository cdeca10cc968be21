/**
 * The two containers of elliptic curve keys: SubjectPublicKeyInfo (RFC 5280
 * §4.1) and PKCS #8 PrivateKeyInfo (RFC 5208 §5), with the ECPrivateKey of RFC 5915 and the key of RFC 8410.
 */

import type { Bytes } from './algorithm.ts';
import { bitStringTag, encode, integerTag, malformed, octetStringTag, Reader, sequenceTag } from './der-elements.ts';

export type CurveName = 'P-256' | 'Ed25519' | 'X25519';

/** AlgorithmIdentifier of each, as DER. */
const identifiers: Readonly<Record<CurveName, readonly number[]>> = {
  // id-ecPublicKey (RFC 5480 §2.1.1) with secp256r1.
  'P-256': [
    0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
    0x01, 0x07,
  ],
  // id-Ed25519 (RFC 8410 §3).
  Ed25519: [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70],
  X25519: [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e],
};

const isSame = (left: Uint8Array, right: readonly number[]): boolean =>
  left.length === right.length && right.every((byte, at) => left[at] === byte);

function checkIdentifier(reader: Reader, curve: CurveName): void {
  if (!isSame(reader.read(sequenceTag), identifiers[curve].slice(2))) malformed();
}

export const encodeSpki = (curve: CurveName, publicKey: Uint8Array): Bytes =>
  new Uint8Array(encode(sequenceTag, identifiers[curve], encode(bitStringTag, [0], publicKey)));

export function decodeSpki(curve: CurveName, data: Uint8Array): Bytes {
  const outer = new Reader(data);
  const reader = new Reader(outer.read(sequenceTag));
  checkIdentifier(reader, curve);
  const bits = reader.read(bitStringTag);
  if (bits[0] !== 0 || !reader.isAtEnd || !outer.isAtEnd) malformed();
  return bits.slice(1) as Bytes;
}

/** `publicKey` belongs into an ECPrivateKey (RFC 5915 §3), and not into the key of RFC 8410. */
export function encodePkcs8(curve: CurveName, privateKey: Uint8Array, publicKey: Uint8Array): Bytes {
  const inner =
    curve !== 'P-256'
      ? encode(octetStringTag, privateKey)
      : encode(
          sequenceTag,
          encode(integerTag, [1]),
          encode(octetStringTag, privateKey),
          encode(0xa1, encode(bitStringTag, [0], publicKey)),
        );
  return new Uint8Array(
    encode(sequenceTag, encode(integerTag, [0]), identifiers[curve], encode(octetStringTag, inner)),
  );
}

export function decodePkcs8(curve: CurveName, data: Uint8Array): Bytes {
  const reader = new Reader(new Reader(data).read(sequenceTag));
  if (reader.read(integerTag).length !== 1) malformed();
  checkIdentifier(reader, curve);
  const inner = new Reader(reader.read(octetStringTag));
  if (curve !== 'P-256') return inner.read(octetStringTag).slice() as Bytes;
  const fields = new Reader(inner.read(sequenceTag));
  if (fields.read(integerTag)[0] !== 1) malformed();
  return fields.read(octetStringTag).slice() as Bytes;
}
