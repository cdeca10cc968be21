/**
 * Web Cryptography §14 the SubtleCrypto interface. The work is done at once: there is no second thread, and a promise
 * that settled later would only hold the request up longer.
 */

import './algorithms/sha.ts';
import { host } from '../host.ts';
import {
  type Algorithm,
  algorithmFor,
  type Bytes,
  bytesOf,
  fail,
  type JsonWebKey,
  type KeyFormat,
  type KeyPair,
  type Parameters,
  parametersOf,
} from './algorithm.ts';
import { type CryptoKey, isKey, type KeyUsage, partsOfKey } from './key.ts';

export type AlgorithmIdentifier = string | { readonly name: string };
export type BufferSource = ArrayBuffer | ArrayBufferView<ArrayBufferLike>;

const formats: readonly string[] = ['raw', 'jwk', 'spki', 'pkcs8'];

function formatOf(given: unknown): KeyFormat {
  const format = String(given);
  if (!formats.includes(format)) throw new TypeError(`"${format}" is no key format`);
  return format as KeyFormat;
}

function needKey(key: unknown): asserts key is CryptoKey {
  if (!isKey(key)) throw new TypeError('The key must be a CryptoKey');
}

/** The checks of every operation with a key: it belongs to the algorithm and may be used for this. */
function checkKey(algorithm: Algorithm, key: unknown, usage: KeyUsage): asserts key is CryptoKey {
  needKey(key);
  if (partsOfKey(key).algorithm.name !== algorithm.name) {
    fail('InvalidAccessError', `The key is one of ${partsOfKey(key).algorithm.name}, not of ${algorithm.name}`);
  }
  if (!partsOfKey(key).usages.includes(usage)) fail('InvalidAccessError', `The key may not be used for ${usage}`);
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.byteLength === bytes.buffer.byteLength
    ? (bytes.buffer as ArrayBuffer)
    : (bytes.slice().buffer as ArrayBuffer);
}

/** An operation that an algorithm does not have is found before this is called. */
const missing = (): never => fail('NotSupportedError', 'The algorithm does not have this operation');

function importAs(
  format: KeyFormat,
  data: Bytes | JsonWebKey,
  parameters: Parameters,
  isExtractable: boolean,
  usages: readonly KeyUsage[],
): CryptoKey {
  const algorithm = algorithmFor(parameters, 'importKey');
  return algorithm.importKey?.({ format, data, parameters, isExtractable, usages }) ?? missing();
}

function exportAs(format: KeyFormat, key: CryptoKey): Bytes | JsonWebKey {
  const algorithm = algorithmFor({ name: partsOfKey(key).algorithm.name }, 'exportKey');
  if (!key.extractable) fail('InvalidAccessError', 'The key is not extractable');
  return algorithm.exportKey?.(format, key) ?? missing();
}

const usageList = (given: Iterable<KeyUsage>): readonly KeyUsage[] => [...new Set(given)];

function deriveWith(given: Parameters, key: unknown, usage: KeyUsage, lengthBits: number | null): Bytes {
  const algorithm = algorithmFor(given, 'deriveBits');
  checkKey(algorithm, key, usage);
  return algorithm.deriveBits?.(given, key, lengthBits) ?? missing();
}

/** What wraps and unwraps keys: all algorithms here that can are ciphers (§14.3.11 step 3 second case). */
function cipherWith(given: Parameters, key: unknown, usage: 'wrapKey' | 'unwrapKey', data: Bytes): Bytes {
  const operation = usage === 'wrapKey' ? 'encrypt' : 'decrypt';
  const algorithm = algorithmFor(given, operation);
  checkKey(algorithm, key, usage);
  return algorithm[operation]?.(given, key, data) ?? missing();
}

const permission = Symbol('may create');

export class SubtleCrypto {
  constructor(given?: unknown) {
    if (given !== permission) throw new TypeError('Illegal constructor: use crypto.subtle');
  }

  async digest(algorithm: AlgorithmIdentifier, data: BufferSource): Promise<ArrayBuffer> {
    const bytes = bytesOf(data, 'digest: the data');
    return bufferOf(algorithmFor(parametersOf(algorithm), 'digest').digest?.(bytes) ?? missing());
  }

  async generateKey(
    algorithm: AlgorithmIdentifier,
    extractable: boolean,
    usages: Iterable<KeyUsage>,
  ): Promise<CryptoKey | KeyPair> {
    const parameters = parametersOf(algorithm);
    const found = algorithmFor(parameters, 'generateKey');
    return found.generateKey?.(parameters, Boolean(extractable), usageList(usages)) ?? missing();
  }

  async importKey(
    format: KeyFormat,
    data: BufferSource | JsonWebKey,
    algorithm: AlgorithmIdentifier,
    extractable: boolean,
    usages: Iterable<KeyUsage>,
  ): Promise<CryptoKey> {
    const checked = formatOf(format);
    const material = checked === 'jwk' ? jwkOf(data) : bytesOf(data, 'importKey: the key data');
    return importAs(checked, material, parametersOf(algorithm), Boolean(extractable), usageList(usages));
  }

  async exportKey(format: KeyFormat, key: CryptoKey): Promise<ArrayBuffer | JsonWebKey> {
    needKey(key);
    const exported = exportAs(formatOf(format), key);
    return exported instanceof Uint8Array ? bufferOf(exported) : exported;
  }

  async sign(algorithm: AlgorithmIdentifier, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer> {
    const parameters = parametersOf(algorithm);
    const found = algorithmFor(parameters, 'sign');
    checkKey(found, key, 'sign');
    return bufferOf(found.sign?.(parameters, key, bytesOf(data, 'sign: the data')) ?? missing());
  }

  async verify(
    algorithm: AlgorithmIdentifier,
    key: CryptoKey,
    signature: BufferSource,
    data: BufferSource,
  ): Promise<boolean> {
    const parameters = parametersOf(algorithm);
    const found = algorithmFor(parameters, 'verify');
    checkKey(found, key, 'verify');
    const bytes = bytesOf(signature, 'verify: the signature');
    return found.verify?.(parameters, key, bytes, bytesOf(data, 'verify: the data')) ?? missing();
  }

  async encrypt(algorithm: AlgorithmIdentifier, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer> {
    const parameters = parametersOf(algorithm);
    const found = algorithmFor(parameters, 'encrypt');
    checkKey(found, key, 'encrypt');
    return bufferOf(found.encrypt?.(parameters, key, bytesOf(data, 'encrypt: the data')) ?? missing());
  }

  async decrypt(algorithm: AlgorithmIdentifier, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer> {
    const parameters = parametersOf(algorithm);
    const found = algorithmFor(parameters, 'decrypt');
    checkKey(found, key, 'decrypt');
    return bufferOf(found.decrypt?.(parameters, key, bytesOf(data, 'decrypt: the data')) ?? missing());
  }

  async deriveBits(algorithm: AlgorithmIdentifier, key: CryptoKey, length: number | null = null): Promise<ArrayBuffer> {
    return bufferOf(deriveWith(parametersOf(algorithm), key, 'deriveBits', length));
  }

  async deriveKey(
    algorithm: AlgorithmIdentifier,
    key: CryptoKey,
    derivedAlgorithm: AlgorithmIdentifier,
    extractable: boolean,
    usages: Iterable<KeyUsage>,
  ): Promise<CryptoKey> {
    const derived = parametersOf(derivedAlgorithm);
    const lengthBits = algorithmFor(derived, 'keyLengthBits').keyLengthBits?.(derived) ?? null;
    const bytes = deriveWith(parametersOf(algorithm), key, 'deriveKey', lengthBits);
    return importAs('raw', bytes, derived, Boolean(extractable), usageList(usages));
  }

  async wrapKey(
    format: KeyFormat,
    key: CryptoKey,
    wrappingKey: CryptoKey,
    algorithm: AlgorithmIdentifier,
  ): Promise<ArrayBuffer> {
    needKey(key);
    const exported = exportAs(formatOf(format), key);
    const bytes = exported instanceof Uint8Array ? exported : host.encodeUtf8(JSON.stringify(exported));
    return bufferOf(cipherWith(parametersOf(algorithm), wrappingKey, 'wrapKey', bytes));
  }

  async unwrapKey(
    format: KeyFormat,
    wrapped: BufferSource,
    unwrappingKey: CryptoKey,
    algorithm: AlgorithmIdentifier,
    unwrappedAlgorithm: AlgorithmIdentifier,
    extractable: boolean,
    usages: Iterable<KeyUsage>,
  ): Promise<CryptoKey> {
    const checked = formatOf(format);
    const bytes = cipherWith(
      parametersOf(algorithm),
      unwrappingKey,
      'unwrapKey',
      bytesOf(wrapped, 'unwrapKey: the key'),
    );
    const material = checked === 'jwk' ? jwkOf(parseJwk(bytes)) : bytes;
    return importAs(checked, material, parametersOf(unwrappedAlgorithm), Boolean(extractable), usageList(usages));
  }

  get [Symbol.toStringTag](): string {
    return 'SubtleCrypto';
  }
}

function jwkOf(data: unknown): JsonWebKey {
  if (typeof data !== 'object' || data === null || ArrayBuffer.isView(data) || data instanceof ArrayBuffer) {
    throw new TypeError('With the format jwk the key data must be a JSON Web Key');
  }
  return data;
}

function parseJwk(bytes: Bytes): unknown {
  try {
    return JSON.parse(host.decodeUtf8(bytes));
  } catch {
    return fail('DataError', 'The unwrapped key is not a JSON Web Key');
  }
}

export const subtle = new SubtleCrypto(permission);
