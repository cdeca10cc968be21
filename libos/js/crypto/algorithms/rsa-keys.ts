/** Web Cryptography §20.4, §21.4: keys of RSASSA-PKCS1-v1_5 and RSA-PSS (RFC 8017 appendix A.1, RFC 7518 §6.3). */
import {
  type Algorithm,
  type Bytes,
  checkUsages,
  fail,
  type Import,
  type JsonWebKey,
  needUsage,
} from '../algorithm.ts';
import { decodeRsaPkcs8, decodeRsaSpki, encodeRsaPkcs8, encodeRsaSpki } from '../der-rsa.ts';
import { checkedJwk, fromBase64Url, toBase64Url } from '../jwk.ts';
import { type CryptoKey, createKey, type KeyUsage, partsOfKey, type RsaMember, type RsaNumbers } from '../key.ts';
import type { HashName } from '../native/hashes.ts';
import { mostBytes, withoutZeros } from '../native/powers.ts';
import { hashNameOf } from './sha.ts';

const members: readonly RsaMember[] = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'];

export const numbersOf = (key: CryptoKey): RsaNumbers =>
  partsOfKey(key).numbers ?? fail('InvalidAccessError', 'This is no RSA key');

const bitsOf = (number: Bytes): number => number.length * 8 - Math.clz32(number[0] ?? 0) + 24;

/** Shorter ones are broken; longer ones take an instance's time for themselves. */
const leastBits = 1024;

function keyOf(name: string, hash: HashName, numbers: RsaNumbers, { isExtractable, usages }: Import): CryptoKey {
  const type = numbers.d === undefined ? 'public' : 'private';
  const allowed: KeyUsage = type === 'public' ? 'verify' : 'sign';
  checkUsages(usages, [allowed], `${name} (${type})`);
  if (type === 'private') needUsage(usages);
  const modulusLength = bitsOf(numbers.n);
  const isOdd = ((numbers.n.at(-1) ?? 0) & 1) === 1;
  if (!isOdd || numbers.e.length === 0 || numbers.e.length > numbers.n.length) {
    fail('DataError', 'These numbers are no RSA key');
  }
  if (modulusLength < leastBits || numbers.n.length > mostBytes) {
    fail(
      'NotSupportedError',
      `RSA keys of ${modulusLength} bits are not supported, only ${leastBits} to ${mostBytes * 8}`,
    );
  }
  const algorithm = { name, modulusLength, publicExponent: numbers.e.slice(), hash: { name: hash } };
  return createKey({ type, isExtractable, algorithm, usages, bytes: new Uint8Array(0), numbers });
}

function fromJwk(given: Import, algorithmName: string): RsaNumbers {
  const jwk = checkedJwk(given, 'RSA', 'sig');
  if (jwk.alg !== undefined && jwk.alg !== algorithmName) {
    fail('DataError', `The JSON Web Key is for "${jwk.alg}", not for "${algorithmName}"`);
  }
  const number = (member: RsaMember): Bytes => withoutZeros(fromBase64Url(jwk[member], member));
  const numbers = { n: number('n'), e: number('e') };
  if (jwk.d === undefined) return numbers;
  return { ...numbers, ...Object.fromEntries(members.slice(2).map((member) => [member, number(member)])) };
}

function numbersFrom(given: Import, algorithmName: string): RsaNumbers {
  switch (given.format) {
    case 'jwk':
      return fromJwk(given, algorithmName);
    case 'spki':
      return decodeRsaSpki(given.data as Bytes);
    case 'pkcs8':
      return decodeRsaPkcs8(given.data as Bytes);
    case 'raw':
      return fail('NotSupportedError', 'RSA keys have no format raw');
  }
}

/** `jwkNames`: RFC 7518 §3.3 and §3.5. */
export function rsaKeys(
  name: string,
  jwkNames: Readonly<Record<HashName, string>>,
): Pick<Algorithm, 'importKey' | 'exportKey'> {
  return {
    importKey(given) {
      const hash = hashNameOf(given.parameters.hash);
      return keyOf(name, hash, numbersFrom(given, jwkNames[hash]), given);
    },
    exportKey(format, key): Bytes | JsonWebKey {
      const numbers = numbersOf(key);
      const { type, algorithm, usages, isExtractable } = partsOfKey(key);
      if (format === 'jwk') {
        const coded = members.flatMap((member) => {
          const number = numbers[member];
          return number === undefined ? [] : [[member, toBase64Url(number)] as const];
        });
        const alg = jwkNames[hashNameOf(algorithm.hash)];
        return { kty: 'RSA', alg, key_ops: usages, ext: isExtractable, ...Object.fromEntries(coded) };
      }
      if (format === 'raw') return fail('NotSupportedError', 'RSA keys have no format raw');
      if ((format === 'pkcs8') !== (type === 'private')) {
        return fail('InvalidAccessError', `A ${type} key has no format ${format}`);
      }
      return format === 'spki' ? encodeRsaSpki(numbers) : encodeRsaPkcs8(numbers);
    },
  };
}
