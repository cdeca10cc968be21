/** RFC 7517 JSON Web Key: the members that all kinds of keys have, and base64url (RFC 4648 §5). */

import { decodeBase64, encodeBase64 } from '../base64/base64.ts';
import { type Bytes, fail, type Import, type JsonWebKey } from './algorithm.ts';

export const toBase64Url = (bytes: Uint8Array): string =>
  encodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

export function fromBase64Url(text: unknown, member: string): Bytes {
  const isWellFormed = typeof text === 'string' && /^[A-Za-z0-9_-]*$/.test(text);
  const bytes = isWellFormed ? decodeBase64(text.replaceAll('-', '+').replaceAll('_', '/')) : null;
  return bytes ?? fail('DataError', `The member "${member}" of the JSON Web Key is not base64url`);
}

/** The checks of `kty`, `use`, `key_ops` and `ext` that every import has; `use` is what `use` must be when present. */
export function checkedJwk({ data, usages, isExtractable }: Import, kty: string, use: 'sig' | 'enc'): JsonWebKey {
  if (data instanceof Uint8Array) throw new TypeError('With the format jwk the key data must be a JSON Web Key');
  if (data.kty !== kty) fail('DataError', `The JSON Web Key has kty "${data.kty}", not "${kty}"`);
  if (usages.length > 0 && data.use !== undefined && data.use !== use) {
    fail('DataError', `The JSON Web Key is for "${data.use}", not for "${use}"`);
  }
  const operations = data.key_ops;
  if (operations !== undefined && !usages.every((usage) => operations.includes(usage))) {
    fail('DataError', 'The JSON Web Key does not allow all of these usages');
  }
  if (data.ext === false && isExtractable) fail('DataError', 'The JSON Web Key says that it may not be extracted');
  return data;
}
