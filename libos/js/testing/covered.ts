/**
 * Which cases test which name of WinterTC's minimum (`wintertc.ts`): for every interface the areas of `cases/`, for what hangs on the
 * global object itself too. `covered.test.ts` asks that each of their members is used there.
 */
import type { cases } from './cases/index.ts';

type Area = keyof typeof cases & string;

export const interfaceAreas: Readonly<Record<string, readonly Area[]>> = {
  AbortController: ['events'],
  AbortSignal: ['events'],
  Event: ['events'],
  EventTarget: ['events'],
  CustomEvent: ['events'],
  ErrorEvent: ['events'],
  MessageEvent: ['events', 'messaging'],
  PromiseRejectionEvent: ['events'],
  MessageChannel: ['messaging'],
  MessagePort: ['messaging'],
  DOMException: ['events'],
  Headers: ['headers'],
  Request: ['request', 'body'],
  Response: ['response', 'body'],
  FormData: ['file'],
  Blob: ['file'],
  File: ['file'],
  CompressionStream: ['compression'],
  DecompressionStream: ['compression'],
  ByteLengthQueuingStrategy: ['streams', 'streamClasses'],
  CountQueuingStrategy: ['streams', 'streamClasses'],
  ReadableByteStreamController: ['streams', 'streamClasses'],
  ReadableStream: ['streams', 'streamClasses'],
  ReadableStreamBYOBReader: ['streams', 'streamClasses'],
  ReadableStreamBYOBRequest: ['streams', 'streamClasses'],
  ReadableStreamDefaultController: ['streams', 'streamClasses'],
  ReadableStreamDefaultReader: ['streams', 'streamClasses'],
  TransformStream: ['streams', 'streamClasses'],
  TransformStreamDefaultController: ['streams', 'streamClasses'],
  WritableStream: ['streams', 'streamClasses'],
  WritableStreamDefaultController: ['streams', 'streamClasses'],
  WritableStreamDefaultWriter: ['streams', 'streamClasses'],
  TextDecoder: ['encoding'],
  TextDecoderStream: ['encoding'],
  TextEncoder: ['encoding'],
  TextEncoderStream: ['encoding'],
  URL: ['url'],
  URLSearchParams: ['searchParams'],
  URLPattern: ['pattern'],
  Crypto: ['crypto'],
  CryptoKey: ['crypto'],
  SubtleCrypto: ['crypto', 'cryptoKeys'],
  Performance: ['timers'],
};

/** What a polyfill adds to what the standards say. */
export const notStandard: readonly string[] = ['compareComponent', 'abortReason'];

/** Of `members`; those whose cases cannot stand on one line have tests of their own. */
export const memberAreas: Readonly<Record<string, readonly Area[] | string>> = {
  globalThis: ['globals'],
  atob: ['base64'],
  btoa: ['base64'],
  clearTimeout: ['timers'],
  clearInterval: ['timers'],
  'navigator.userAgent': ['globals'],
  onerror: 'scope.test.ts',
  onunhandledrejection: '../../../test/javascript/scope-cases.ts',
  onrejectionhandled: '../../../test/javascript/scope-cases.ts',
  queueMicrotask: ['timers'],
  reportError: 'scope.test.ts',
  self: ['globals'],
  setTimeout: ['timers'],
  setInterval: ['timers'],
  structuredClone: ['clone'],
  fetch: '../fetch/fetch.test.ts',
  console: '../console/console.test.ts',
  crypto: ['crypto'],
  performance: ['timers'],
};
