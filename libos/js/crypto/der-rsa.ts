/** RSA keys in SubjectPublicKeyInfo and PKCS #8 (RFC 8017 appendix A.1). */
import type { Bytes } from './algorithm.ts';
import { bitStringTag, encode, integerTag, malformed, octetStringTag, Reader, sequenceTag } from './der-elements.ts';
import type { RsaNumbers } from './key.ts';

/** Content of the AlgorithmIdentifier: 1.2.840.113549.1.1.1 and NULL. */
const rsaEncryption = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/** Positive: a zero before what would look negative. */
function encodeInteger(number: Uint8Array): number[] {
  return encode(integerTag, (number[0] ?? 0x80) > 0x7f ? [0] : [], number);
}

function readInteger(reader: Reader): Bytes {
  const content = reader.read(integerTag);
  if (content.length === 0 || (content[0] ?? 0) > 0x7f) malformed();
  const from = content.findIndex((byte) => byte !== 0);
  return (from < 0 ? new Uint8Array(0) : content.slice(from)) as Bytes;
}

function checkIdentifier(reader: Reader): void {
  const content = reader.read(sequenceTag);
  if (content.length !== rsaEncryption.length || !rsaEncryption.every((byte, at) => content[at] === byte)) malformed();
}

export const encodeRsaSpki = ({ n, e }: RsaNumbers): Bytes =>
  new Uint8Array(
    encode(
      sequenceTag,
      encode(sequenceTag, rsaEncryption),
      encode(bitStringTag, [0], encode(sequenceTag, encodeInteger(n), encodeInteger(e))),
    ),
  );

export function decodeRsaSpki(data: Uint8Array): RsaNumbers {
  const outer = new Reader(data);
  const reader = new Reader(outer.read(sequenceTag));
  checkIdentifier(reader);
  const bits = reader.read(bitStringTag);
  if (bits[0] !== 0 || !reader.isAtEnd || !outer.isAtEnd) malformed();
  const key = new Reader(bits.subarray(1));
  const fields = new Reader(key.read(sequenceTag));
  const numbers = { n: readInteger(fields), e: readInteger(fields) };
  if (!fields.isAtEnd || !key.isAtEnd) malformed();
  return numbers;
}

const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const;

export function encodeRsaPkcs8(numbers: RsaNumbers): Bytes {
  const { n, e } = numbers;
  const fields = [n, e, ...secretMembers.map((member) => numbers[member] ?? new Uint8Array(0))].map(encodeInteger);
  const key = encode(sequenceTag, encode(integerTag, [0]), ...fields);
  return new Uint8Array(
    encode(sequenceTag, encode(integerTag, [0]), encode(sequenceTag, rsaEncryption), encode(octetStringTag, key)),
  );
}

/** Keys of two primes only (version 0). */
export function decodeRsaPkcs8(data: Uint8Array): RsaNumbers {
  const outer = new Reader(data);
  const reader = new Reader(outer.read(sequenceTag));
  if (readInteger(reader).length > 0) malformed();
  checkIdentifier(reader);
  const key = new Reader(reader.read(octetStringTag));
  const fields = new Reader(key.read(sequenceTag));
  if (readInteger(fields).length > 0) malformed();
  const numbers = { n: readInteger(fields), e: readInteger(fields) };
  return { ...numbers, ...Object.fromEntries(secretMembers.map((member) => [member, readInteger(fields)])) };
}
