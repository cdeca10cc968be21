/** Web Cryptography §13 the CryptoKey interface. */

import { serializable } from '../clone/transfer.ts';

export type KeyType = 'public' | 'private' | 'secret';

export type KeyUsage = 'encrypt' | 'decrypt' | 'sign' | 'verify' | 'deriveKey' | 'deriveBits' | 'wrapKey' | 'unwrapKey';

/** The order in which `usages` lists them. */
export const keyUsages: readonly KeyUsage[] = [
  'encrypt',
  'decrypt',
  'sign',
  'verify',
  'deriveKey',
  'deriveBits',
  'wrapKey',
  'unwrapKey',
];

export interface KeyAlgorithm {
  readonly name: string;
  readonly length?: number;
  readonly namedCurve?: string;
  readonly hash?: { readonly name: string };
  readonly modulusLength?: number;
  readonly publicExponent?: Uint8Array<ArrayBuffer>;
}

export interface KeyParts {
  readonly type: KeyType;
  readonly isExtractable: boolean;
  readonly algorithm: KeyAlgorithm;
  readonly usages: readonly KeyUsage[];
  /** Secret keys: the bytes. Public keys: the encoded point. Private keys: the scalar or seed. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** RSA keys have these instead of bytes: big-endian, without zeros before. */
  readonly numbers?: RsaNumbers;
}

export type RsaMember = 'n' | 'e' | 'd' | 'p' | 'q' | 'dp' | 'dq' | 'qi';

/** Of a private key all eight, of a public one the first two. */
export type RsaNumbers = Readonly<Record<'n' | 'e', Uint8Array<ArrayBuffer>>> &
  Readonly<Partial<Record<RsaMember, Uint8Array<ArrayBuffer>>>>;

export let createKey: (parts: KeyParts) => CryptoKey;
export let partsOfKey: (key: CryptoKey) => KeyParts;
export let isKey: (value: unknown) => value is CryptoKey;

const permission = Symbol('may create');

export class CryptoKey {
  readonly #parts: KeyParts;

  constructor(given?: unknown, parts?: unknown) {
    if (given !== permission) throw new TypeError('Illegal constructor: keys come from crypto.subtle');
    this.#parts = parts as KeyParts;
  }

  get type(): KeyType {
    return this.#parts.type;
  }

  get extractable(): boolean {
    return this.#parts.isExtractable;
  }

  get algorithm(): KeyAlgorithm {
    return this.#parts.algorithm;
  }

  get usages(): KeyUsage[] {
    return keyUsages.filter((usage) => this.#parts.usages.includes(usage));
  }

  /** §13.5 structured cloning: keys never change. */
  [serializable](): CryptoKey {
    return new CryptoKey(permission, this.#parts);
  }

  get [Symbol.toStringTag](): string {
    return 'CryptoKey';
  }

  static {
    createKey = (parts) => new CryptoKey(permission, parts);
    partsOfKey = (key) => key.#parts;
    isKey = (value): value is CryptoKey => typeof value === 'object' && value !== null && #parts in value;
  }
}
