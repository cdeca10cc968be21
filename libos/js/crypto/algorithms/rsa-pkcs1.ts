/** Web Cryptography §20 RSASSA-PKCS1-v1_5 (RFC 8017 §8.2, §9.2). */
import { type Bytes, fail, register } from '../algorithm.ts';
import { type CryptoKey, partsOfKey } from '../key.ts';
import { digest, type HashName, joined } from '../native/hashes.ts';
import { power, signatureOf } from '../native/powers.ts';
import { isEqual } from '../time.ts';
import { numbersOf, rsaKeys } from './rsa-keys.ts';
import { hashNameOf, hashOf } from './sha.ts';

/** DigestInfo up to the digest (RFC 8017 §9.2 note 1). */
const prefixes: Readonly<Record<HashName, string>> = {
  'SHA-1': '3021300906052b0e03021a05000414',
  'SHA-256': '3031300d060960864801650304020105000420',
  'SHA-384': '3041300d060960864801650304020205000430',
  'SHA-512': '3051300d060960864801650304020305000440',
};

const bytesOfHex = (digits: string): Bytes =>
  Uint8Array.from({ length: digits.length / 2 }, (_, at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16));

/** 0, 1, as many 255 as there is room for, 0, and what was digested. */
function encoded(key: CryptoKey, data: Bytes): Bytes {
  const hash = hashNameOf(partsOfKey(key).algorithm.hash);
  const info = joined(bytesOfHex(prefixes[hash]), digest(hashOf(hash), data));
  const message = new Uint8Array(numbersOf(key).n.length).fill(255);
  if (message.length < info.length + 11) fail('OperationError', `The key is too short for ${hash}`);
  message.set([0, 1]);
  message[message.length - info.length - 1] = 0;
  message.set(info, message.length - info.length);
  return message;
}

register({
  name: 'RSASSA-PKCS1-v1_5',
  ...rsaKeys('RSASSA-PKCS1-v1_5', { 'SHA-1': 'RS1', 'SHA-256': 'RS256', 'SHA-384': 'RS384', 'SHA-512': 'RS512' }),
  sign(_parameters, key, data) {
    const signature = signatureOf(encoded(key, data), numbersOf(key));
    return signature ?? fail('OperationError', 'The numbers of the key do not belong together');
  },
  verify(_parameters, key, signature, data) {
    const { n, e } = numbersOf(key);
    if (signature.length !== n.length) return false;
    // What it must be is compared as a whole: there is nothing to parse, and so nothing to parse wrongly.
    const message = power(signature, e, n);
    return message !== null && isEqual(message, encoded(key, data));
  },
});
