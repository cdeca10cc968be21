/** What ECDH and X25519 have in common: bits of what two keys come to. */
import { type Bytes, fail, type Parameters } from '../algorithm.ts';
import { type CryptoKey, isKey, partsOfKey } from '../key.ts';

/** The public key of the parameters, of the same algorithm and curve. */
function otherKey({ public: other }: Parameters, key: CryptoKey, name: string): Bytes {
  if (!isKey(other)) throw new TypeError(`${name}: public must be a CryptoKey`);
  const { type, algorithm, bytes } = partsOfKey(other);
  if (partsOfKey(key).type !== 'private') fail('InvalidAccessError', `${name}: the key must be a private one`);
  if (type !== 'public') fail('InvalidAccessError', `${name}: public must be a public key`);
  if (algorithm.name !== name) fail('InvalidAccessError', `${name}: public is a key of ${algorithm.name}`);
  return bytes;
}

/** Web Cryptography §24.4.2 and §26.4.1: the first so many bits, all of them for null. */
export const deriveBitsBy =
  (name: string, agree: (privateKey: Bytes, publicKey: Bytes) => Bytes | null) =>
  (parameters: Parameters, key: CryptoKey, lengthBits: number | null): Bytes => {
    const other = otherKey(parameters, key, name);
    const shared = agree(partsOfKey(key).bytes, other);
    if (shared === null) return fail('OperationError', `${name}: these keys come to nothing`);
    if (lengthBits === null) return shared;
    if (lengthBits > shared.length * 8) fail('OperationError', `${name} gives at most ${shared.length * 8} bits`);
    const bytes = shared.slice(0, Math.ceil(lengthBits / 8));
    const unused = bytes.length * 8 - lengthBits;
    if (unused > 0) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) & (0xff << unused);
    return bytes;
  };
