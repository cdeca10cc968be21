/**
 * Web Cryptography §18: what each algorithm can do, registered by its module when that is linked. The words of
 * `table.ts` link them one by one: a program that hashes carries no elliptic curves.
 */

import { type CryptoKey, type KeyUsage, keyUsages } from './key.ts';

export type Bytes = Uint8Array<ArrayBuffer>;

export interface JsonWebKey {
  readonly kty?: string;
  readonly crv?: string;
  readonly alg?: string;
  readonly use?: string;
  readonly key_ops?: readonly string[];
  readonly ext?: boolean;
  readonly k?: string;
  readonly x?: string;
  readonly y?: string;
  readonly d?: string;
  readonly n?: string;
  readonly e?: string;
  readonly p?: string;
  readonly q?: string;
  readonly dp?: string;
  readonly dq?: string;
  readonly qi?: string;
}

export type KeyFormat = 'raw' | 'jwk' | 'spki' | 'pkcs8';

/** An AlgorithmIdentifier as the program gave it. */
export type Parameters = Readonly<Record<string, unknown>> & { readonly name: string };

export interface KeyPair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

export interface Import {
  readonly format: KeyFormat;
  readonly data: Bytes | JsonWebKey;
  readonly parameters: Parameters;
  readonly isExtractable: boolean;
  readonly usages: readonly KeyUsage[];
}

export interface Algorithm {
  /** In the spelling of the standard. */
  readonly name: string;
  digest?(data: Bytes): Bytes;
  generateKey?(parameters: Parameters, isExtractable: boolean, usages: readonly KeyUsage[]): CryptoKey | KeyPair;
  importKey?(given: Import): CryptoKey;
  exportKey?(format: KeyFormat, key: CryptoKey): Bytes | JsonWebKey;
  sign?(parameters: Parameters, key: CryptoKey, data: Bytes): Bytes;
  verify?(parameters: Parameters, key: CryptoKey, signature: Bytes, data: Bytes): boolean;
  encrypt?(parameters: Parameters, key: CryptoKey, data: Bytes): Bytes;
  decrypt?(parameters: Parameters, key: CryptoKey, data: Bytes): Bytes;
  deriveBits?(parameters: Parameters, key: CryptoKey, lengthBits: number | null): Bytes;
  /** §18.4.4 "get key length", for deriveKey. */
  keyLengthBits?(parameters: Parameters): number | null;
}

const registered = new Map<string, Algorithm>();

export function register(algorithm: Algorithm): void {
  registered.set(algorithm.name.toLowerCase(), algorithm);
}

export const fail = (name: string, message: string): never => {
  throw new DOMException(message, name);
};

/** §18.4.4 normalize an algorithm, without the parameters, which each operation reads itself. */
export function parametersOf(given: unknown): Parameters {
  if (typeof given === 'object' && given !== null) {
    const { name } = given as { readonly name?: unknown };
    if (name === undefined) throw new TypeError('An algorithm needs a name');
    return { ...given, name: String(name) };
  }
  return { name: String(given) };
}

/** The algorithm if it knows the operation; NotSupportedError otherwise. */
export function algorithmFor(parameters: Parameters, operation: keyof Algorithm): Algorithm {
  const algorithm = registered.get(parameters.name.toLowerCase());
  if (algorithm === undefined) {
    return fail(
      'NotSupportedError',
      `The algorithm ${parameters.name} is not supported, or not in this image because the program nowhere spells its name`,
    );
  }
  if (algorithm[operation] === undefined) fail('NotSupportedError', `${algorithm.name} has no ${operation}`);
  return algorithm;
}

/** BufferSource (Web IDL §4.1), copied: the program may write to it while a promise is pending. */
export function bytesOf(given: unknown, what: string): Bytes {
  if (ArrayBuffer.isView(given)) {
    return new Uint8Array(given.buffer, given.byteOffset, given.byteLength).slice() as Bytes;
  }
  if (given instanceof ArrayBuffer) return new Uint8Array(given.slice(0));
  throw new TypeError(`${what} must be an ArrayBuffer or a view of one`);
}

/** Usages as given, all of them known and all of them among those the algorithm has; SyntaxError otherwise. */
export function checkUsages(given: readonly KeyUsage[], allowed: readonly KeyUsage[], name: string): void {
  for (const usage of given) {
    if (!keyUsages.includes(usage)) throw new TypeError(`"${String(usage)}" is no key usage`);
    if (!allowed.includes(usage)) fail('SyntaxError', `A key of ${name} has no usage "${usage}"`);
  }
}

/** Secret and private keys that are good for nothing are refused (§14.3.6 step 9 and its like). */
export function needUsage(given: readonly KeyUsage[]): void {
  if (given.length === 0) fail('SyntaxError', 'A secret or private key needs at least one usage');
}
