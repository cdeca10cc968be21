/**
 * Which module of this folder gives which global, as plain data for the bundler. A program that nowhere spells a name
 * does not get its module: that is how an image that only answers with strings carries neither URL nor streams.
 *
 * Paths are relative to this file.
 */

export interface Global {
  readonly module: string;
  readonly export: string;
}

const from = (module: string, ...names: readonly string[]): readonly (readonly [string, Global])[] =>
  names.map((name) => [name, { module: `./${module}.ts`, export: name }]);

/** Put on globalThis (writable, configurable, not enumerable) when the program spells the name. */
export const globals: Readonly<Record<string, Global>> = Object.fromEntries([
  ...from('console/console', 'console'),
  ...from('timers/timers', 'setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'),
  ...from('globals/report', 'reportError'),
  ...from('events/event', 'Event'),
  ...from('events/event-target', 'EventTarget'),
  ...from('events/custom-event', 'CustomEvent'),
  ...from('events/error-event', 'ErrorEvent'),
  ...from('events/message-event', 'MessageEvent'),
  ...from('events/promise-rejection-event', 'PromiseRejectionEvent'),
  ...from('events/abort-signal', 'AbortSignal'),
  ...from('events/abort-controller', 'AbortController'),
  ...from('encoding/text-encoder', 'TextEncoder'),
  ...from('encoding/text-decoder', 'TextDecoder'),
  ...from('encoding/text-encoder-stream', 'TextEncoderStream'),
  ...from('encoding/text-decoder-stream', 'TextDecoderStream'),
  ...from('compression/compression-stream', 'CompressionStream'),
  ...from('compression/decompression-stream', 'DecompressionStream'),
  ...from('fetch/fetch', 'fetch'),
  ...from('fetch/headers', 'Headers'),
  ...from('fetch/request', 'Request'),
  ...from('fetch/response', 'Response'),
  ...from('url/url', 'URL'),
  ...from('url/search-params', 'URLSearchParams'),
  ...from('pattern/url-pattern', 'URLPattern'),
  ...from('file/blob', 'Blob'),
  ...from('file/file', 'File'),
  ...from('file/form-data', 'FormData'),
  ...from(
    'streams/streams',
    'ByteLengthQueuingStrategy',
    'CountQueuingStrategy',
    'ReadableByteStreamController',
    'ReadableStream',
    'ReadableStreamBYOBReader',
    'ReadableStreamBYOBRequest',
    'ReadableStreamDefaultController',
    'ReadableStreamDefaultReader',
    'TransformStream',
    'TransformStreamDefaultController',
    'WritableStream',
    'WritableStreamDefaultController',
    'WritableStreamDefaultWriter',
  ),
  ...from('messaging/message-channel', 'MessageChannel', 'MessagePort'),
  ...from('clone/structured-clone', 'structuredClone'),
  ...from('base64/base64', 'atob', 'btoa'),
  ...from('performance/performance', 'Performance', 'performance'),
  ...from('crypto/crypto', 'Crypto', 'crypto'),
  ...from('crypto/key', 'CryptoKey'),
  ...from('crypto/subtle', 'SubtleCrypto'),
  ...from('globals/self', 'self'),
  ...from('globals/navigator', 'navigator'),
  ...from('globals/scope', 'addEventListener', 'removeEventListener', 'dispatchEvent'),
]);

/**
 * Modules without an export that must be in the image, before the program, when it spells the word: as a property, as a
 * name or as a string. They link the optional parts of the classes above (`parts.ts`).
 */
export const links: Readonly<Record<string, readonly string[]>> = {
  Request: ['./link/urls.ts'],
  redirect: ['./link/urls.ts'],
  URLPattern: ['./link/pattern.ts'],
  signal: ['./link/signals.ts'],
  AbortSignal: ['./link/signals.ts'],
  AbortController: ['./link/signals.ts'],
  body: ['./link/streams.ts'],
  stream: ['./link/streams.ts'],
  ReadableStream: ['./link/streams.ts'],
  TransformStream: ['./link/streams.ts'],
  TextEncoderStream: ['./link/streams.ts'],
  TextDecoderStream: ['./link/streams.ts'],
  CompressionStream: ['./link/streams.ts'],
  DecompressionStream: ['./link/streams.ts'],
  readable: ['./link/streams.ts'],
  pipeThrough: ['./link/streams.ts'],
  blob: ['./link/blobs.ts'],
  formData: ['./link/forms.ts'],
  dispose: ['./language/dispose.ts'],
  asyncDispose: ['./language/dispose.ts'],
  // Methods of the language that the engine does not have yet.
  toBase64: ['./language/bytes-text.ts'],
  fromBase64: ['./language/bytes-text.ts'],
  setFromBase64: ['./language/bytes-text.ts'],
  toHex: ['./language/bytes-text.ts'],
  fromHex: ['./language/bytes-text.ts'],
  setFromHex: ['./language/bytes-text.ts'],
  subtle: ['./link/subtle.ts'],
  // Names of algorithms, which programs give as strings.
  HMAC: ['./crypto/algorithms/hmac.ts'],
  'AES-GCM': ['./crypto/algorithms/aes-gcm.ts'],
  HKDF: ['./crypto/algorithms/hkdf.ts'],
  PBKDF2: ['./crypto/algorithms/pbkdf2.ts'],
  ECDSA: ['./crypto/algorithms/ecdsa.ts'],
  ECDH: ['./crypto/algorithms/ecdh.ts'],
  Ed25519: ['./crypto/algorithms/ed25519.ts'],
  X25519: ['./crypto/algorithms/x25519.ts'],
  'RSASSA-PKCS1-v1_5': ['./crypto/algorithms/rsa-pkcs1.ts'],
  'RSA-PSS': ['./crypto/algorithms/rsa-pss.ts'],
  onerror: ['./globals/scope.ts'],
  onunhandledrejection: ['./globals/scope.ts'],
  onrejectionhandled: ['./globals/scope.ts'],
};
