/** Names of the Minimum Common Web API, Ecma-429 1st edition (December 2025), §3 and §4. */

export const interfaces: readonly string[] = `
  AbortController AbortSignal Event EventTarget CustomEvent ErrorEvent MessageChannel MessageEvent MessagePort
  PromiseRejectionEvent DOMException Headers Request Response FormData Blob File CompressionStream DecompressionStream
  ByteLengthQueuingStrategy CountQueuingStrategy ReadableByteStreamController ReadableStream ReadableStreamBYOBReader
  ReadableStreamBYOBRequest ReadableStreamDefaultController ReadableStreamDefaultReader TransformStream
  TransformStreamDefaultController WritableStream WritableStreamDefaultController WritableStreamDefaultWriter TextDecoder
  TextDecoderStream TextEncoder TextEncoderStream URL URLSearchParams URLPattern Crypto CryptoKey SubtleCrypto Performance`
  .trim()
  .split(/\s+/);

export const members: readonly string[] = `
  globalThis atob btoa clearTimeout clearInterval navigator.userAgent onerror onunhandledrejection onrejectionhandled
  queueMicrotask reportError self setTimeout setInterval structuredClone fetch console crypto performance`
  .trim()
  .split(/\s+/);

/**
 * Not here, on purpose: an image gets no new machine code after it was sealed, so that its memory is never writable and
 * executable at once. WebAssembly modules are sealed with the application instead.
 */
export const absent: readonly string[] = ['WebAssembly'];
