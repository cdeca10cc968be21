type KeyType = 'private' | 'public' | 'secret';
type KeyFormat = 'jwk' | 'pkcs8' | 'raw' | 'spki';
type KeyUsage = 'decrypt' | 'deriveBits' | 'deriveKey' | 'encrypt' | 'sign' | 'unwrapKey' | 'verify' | 'wrapKey';

type HashName = 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512';
type HashIdentifier = HashName | { readonly name: HashName };

interface KeyAlgorithm {
  readonly hash?: { readonly name: string };
  readonly length?: number;
  readonly modulusLength?: number;
  readonly name: string;
  readonly namedCurve?: string;
  readonly publicExponent?: Uint8Array<ArrayBuffer>;
}

interface JsonWebKey {
  readonly alg?: string;
  readonly crv?: string;
  readonly d?: string;
  readonly dp?: string;
  readonly dq?: string;
  readonly e?: string;
  readonly ext?: boolean;
  readonly k?: string;
  readonly key_ops?: readonly string[];
  readonly kty?: string;
  readonly n?: string;
  readonly p?: string;
  readonly q?: string;
  readonly qi?: string;
  readonly use?: string;
  readonly x?: string;
  readonly y?: string;
}

interface AesGcmParams {
  readonly additionalData?: BufferSource;
  readonly iv: BufferSource;
  readonly name: 'AES-GCM';
  readonly tagLength?: 128;
}

interface HmacKeyParams {
  readonly hash: HashIdentifier;
  readonly length?: number;
  readonly name: 'HMAC';
}

interface AesKeyParams {
  readonly length: 128 | 192 | 256;
  readonly name: 'AES-GCM';
}

interface EcKeyParams {
  readonly name: 'ECDH' | 'ECDSA';
  readonly namedCurve: 'P-256';
}

interface EcdsaParams {
  readonly hash: HashIdentifier;
  readonly name: 'ECDSA';
}

interface RsaKeyParams {
  readonly hash: HashIdentifier;
  readonly name: 'RSA-PSS' | 'RSASSA-PKCS1-v1_5';
}

interface RsaPssParams {
  readonly name: 'RSA-PSS';
  readonly saltLength: number;
}

interface AgreementParams {
  readonly name: 'ECDH' | 'X25519';
  readonly public: CryptoKey;
}

interface HkdfParams {
  readonly hash: HashIdentifier;
  readonly info: BufferSource;
  readonly name: 'HKDF';
  readonly salt: BufferSource;
}

interface Pbkdf2Params {
  readonly hash: HashIdentifier;
  readonly iterations: number;
  readonly name: 'PBKDF2';
  readonly salt: BufferSource;
}

type Named<Name extends string> = Name | { readonly name: Name };

interface CryptoKeyPair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

declare class CryptoKey {
  private constructor();
  readonly algorithm: KeyAlgorithm;
  readonly extractable: boolean;
  readonly type: KeyType;
  readonly usages: KeyUsage[];
  readonly [Symbol.toStringTag]: string;
}

type ImportParams =
  | HmacKeyParams
  | EcKeyParams
  | RsaKeyParams
  | Named<'AES-GCM'>
  | Named<'HKDF'>
  | Named<'PBKDF2'>
  | Named<'Ed25519'>
  | Named<'X25519'>;

type SignatureParams = Named<'HMAC'> | EcdsaParams | Named<'Ed25519'> | Named<'RSASSA-PKCS1-v1_5'> | RsaPssParams;

type DerivationParams = HkdfParams | Pbkdf2Params | AgreementParams;

declare class SubtleCrypto {
  private constructor();
  decrypt(algorithm: AesGcmParams, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
  deriveBits(algorithm: AgreementParams, key: CryptoKey, length?: number | null): Promise<ArrayBuffer>;
  deriveBits(algorithm: HkdfParams | Pbkdf2Params, key: CryptoKey, length: number): Promise<ArrayBuffer>;
  deriveKey(
    algorithm: DerivationParams,
    key: CryptoKey,
    derivedAlgorithm: HmacKeyParams | AesKeyParams,
    extractable: boolean,
    usages: Iterable<KeyUsage>,
  ): Promise<CryptoKey>;
  digest(algorithm: HashIdentifier, data: BufferSource): Promise<ArrayBuffer>;
  encrypt(algorithm: AesGcmParams, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
  exportKey(format: 'jwk', key: CryptoKey): Promise<JsonWebKey>;
  exportKey(format: Exclude<KeyFormat, 'jwk'>, key: CryptoKey): Promise<ArrayBuffer>;
  generateKey(
    algorithm: EcKeyParams | Named<'Ed25519'> | Named<'X25519'>,
    extractable: boolean,
    usages: Iterable<KeyUsage>,
  ): Promise<CryptoKeyPair>;
  generateKey(
    algorithm: HmacKeyParams | AesKeyParams,
    extractable: boolean,
    usages: Iterable<KeyUsage>,
  ): Promise<CryptoKey>;
  importKey(
    format: 'jwk',
    data: JsonWebKey,
    algorithm: ImportParams,
    extractable: boolean,
    usages: Iterable<KeyUsage>,
  ): Promise<CryptoKey>;
  importKey(
    format: Exclude<KeyFormat, 'jwk'>,
    data: BufferSource,
    algorithm: ImportParams,
    extractable: boolean,
    usages: Iterable<KeyUsage>,
  ): Promise<CryptoKey>;
  sign(algorithm: SignatureParams, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
  unwrapKey(
    format: KeyFormat,
    wrapped: BufferSource,
    unwrappingKey: CryptoKey,
    algorithm: AesGcmParams,
    unwrappedAlgorithm: ImportParams,
    extractable: boolean,
    usages: Iterable<KeyUsage>,
  ): Promise<CryptoKey>;
  verify(algorithm: SignatureParams, key: CryptoKey, signature: BufferSource, data: BufferSource): Promise<boolean>;
  wrapKey(format: KeyFormat, key: CryptoKey, wrappingKey: CryptoKey, algorithm: AesGcmParams): Promise<ArrayBuffer>;
  readonly [Symbol.toStringTag]: string;
}

declare class Crypto {
  private constructor();
  readonly subtle: SubtleCrypto;
  getRandomValues<View extends ArrayBufferView>(array: View): View;
  randomUUID(): string;
  readonly [Symbol.toStringTag]: string;
}

declare var crypto: Crypto;
