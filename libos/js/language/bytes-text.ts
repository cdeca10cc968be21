/**
 * ECMAScript 2026 §23.3 Uint8Array to and from base64 and hexadecimal, which the engine does not have yet. In an image
 * only when the program spells one of the methods.
 */

import { decodeBase64, encodeBase64 } from '../base64/base64.ts';

interface Base64Options {
  readonly alphabet?: unknown;
  readonly lastChunkHandling?: unknown;
  readonly omitPadding?: unknown;
}

function alphabetOf(options: Base64Options | undefined): 'base64' | 'base64url' {
  const alphabet = options?.alphabet ?? 'base64';
  if (alphabet === 'base64' || alphabet === 'base64url') return alphabet;
  throw new TypeError('alphabet must be "base64" or "base64url"');
}

type Handling = 'loose' | 'strict' | 'stop-before-partial';

function handlingOf(options: Base64Options | undefined): Handling {
  const handling = options?.lastChunkHandling ?? 'loose';
  if (handling === 'loose' || handling === 'strict' || handling === 'stop-before-partial') return handling;
  throw new TypeError('lastChunkHandling must be "loose", "strict" or "stop-before-partial"');
}

function checkBytes(value: unknown): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError('this is not a Uint8Array');
  if (value.buffer instanceof ArrayBuffer && value.buffer.detached) throw new TypeError('the bytes are detached');
}

function checkText(value: unknown): asserts value is string {
  if (typeof value !== 'string') throw new TypeError('the text must be a string');
}

interface Decoded {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Characters that the bytes came from. */
  readonly read: number;
  /** A fault after the bytes; told once they are delivered. */
  readonly error: SyntaxError | null;
}

const whitespace = /[\t\n\f\r ]/;

/** §23.3.1.5 FromBase64, group by group, at most `limit` bytes. */
function fromBase64(text: string, options: Base64Options | undefined, limit: number): Decoded {
  const alphabet = alphabetOf(options);
  const handling = handlingOf(options);
  const isDigit = alphabet === 'base64' ? /[A-Za-z0-9+/]/ : /[A-Za-z0-9_-]/;
  const bytes: number[] = [];
  let chunk = '';
  let read = 0;
  const done = (error: SyntaxError | null): Decoded => ({ bytes: new Uint8Array(bytes), read, error });
  const fault = (message: string): Decoded => done(new SyntaxError(message));
  /** Two or three digits: one or two bytes. */
  const flush = (isStrict: boolean): boolean => {
    const standard = alphabet === 'base64' ? chunk : chunk.replaceAll('-', '+').replaceAll('_', '/');
    const decoded = decodeBase64(standard) ?? new Uint8Array(0);
    if (isStrict && encodeBase64(decoded).replace(/=+$/, '') !== standard) return false;
    bytes.push(...decoded);
    return true;
  };
  if (limit === 0) return done(null);
  for (let at = 0; ; at++) {
    while (at < text.length && whitespace.test(text.charAt(at))) at++;
    if (at >= text.length) {
      if (chunk === '' || handling === 'stop-before-partial') {
        if (chunk === '') read = text.length;
        return done(null);
      }
      if (handling === 'strict') return fault('the last group is not padded');
      if (chunk.length === 1) return fault('the last group has one character');
      flush(false);
      read = text.length;
      return done(null);
    }
    const char = text.charAt(at);
    if (char === '=') {
      if (chunk.length < 2) return fault('padding where none can be');
      at++;
      while (at < text.length && whitespace.test(text.charAt(at))) at++;
      if (chunk.length === 2) {
        if (at === text.length) {
          return handling === 'stop-before-partial' ? done(null) : fault('the padding is not complete');
        }
        if (text.charAt(at) === '=') {
          at++;
          while (at < text.length && whitespace.test(text.charAt(at))) at++;
        }
      }
      if (at < text.length) return fault('there is something after the padding');
      if (!flush(handling === 'strict')) return fault('the last bits are not zero');
      read = text.length;
      return done(null);
    }
    if (!isDigit.test(char)) return fault(`"${char}" is not in the alphabet`);
    const room = limit - bytes.length;
    // A group that the room cannot take is not begun (step 10.j).
    if ((room === 1 && chunk.length === 2) || (room === 2 && chunk.length === 3)) return done(null);
    chunk += char;
    if (chunk.length < 4) continue;
    flush(false);
    chunk = '';
    read = at + 1;
    if (bytes.length === limit) return done(null);
  }
}

/** §23.3.1.6 FromHex. */
function fromHex(text: string, limit: number): Decoded {
  const bytes: number[] = [];
  if (text.length % 2 !== 0) {
    return { bytes: new Uint8Array(0), read: 0, error: new SyntaxError('the number of digits is odd') };
  }
  let read = 0;
  while (read < text.length && bytes.length < limit) {
    const digits = text.slice(read, read + 2);
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) {
      return { bytes: new Uint8Array(bytes), read, error: new SyntaxError(`"${digits}" is not hexadecimal`) };
    }
    bytes.push(Number.parseInt(digits, 16));
    read += 2;
  }
  return { bytes: new Uint8Array(bytes), read, error: null };
}

/** All or nothing, for the static methods. */
function whole({ bytes, error }: Decoded): Uint8Array<ArrayBuffer> {
  if (error !== null) throw error;
  return bytes;
}

/** What came before a fault is delivered with it, for the methods that write into bytes. */
function into(target: Uint8Array, { bytes, read, error }: Decoded): { read: number; written: number } {
  target.set(bytes);
  if (error !== null) throw error;
  return { read, written: bytes.length };
}

const hexPairs = Array.from({ length: 256 }, (_, byte) => (byte < 16 ? '0' : '') + byte.toString(16));

const methods = {
  toBase64(this: unknown, options?: Base64Options): string {
    const alphabet = alphabetOf(options);
    const omitPadding = Boolean(options?.omitPadding);
    checkBytes(this);
    const text = encodeBase64(this);
    const spelled = alphabet === 'base64' ? text : text.replaceAll('+', '-').replaceAll('/', '_');
    return omitPadding ? spelled.replace(/=+$/, '') : spelled;
  },
  toHex(this: unknown): string {
    checkBytes(this);
    let text = '';
    for (let at = 0; at < this.length; at++) text += hexPairs[this[at] as number];
    return text;
  },
  setFromBase64(this: unknown, text: unknown, options?: Base64Options): { read: number; written: number } {
    checkBytes(this);
    checkText(text);
    return into(this, fromBase64(text, options, this.length));
  },
  setFromHex(this: unknown, text: unknown): { read: number; written: number } {
    checkBytes(this);
    checkText(text);
    return into(this, fromHex(text, this.length));
  },
};

const statics = {
  fromBase64(text: unknown, options?: Base64Options): Uint8Array<ArrayBuffer> {
    checkText(text);
    const alphabet = alphabetOf(options);
    if (handlingOf(options) === 'loose') {
      // What forgiving-base64 takes is what "loose" takes; only faults need the way that tells them.
      const isForeign = alphabet === 'base64url' && /[+/]/.test(text);
      const standard = alphabet === 'base64' ? text : text.replaceAll('-', '+').replaceAll('_', '/');
      const quick = isForeign ? null : decodeBase64(standard);
      if (quick !== null) return quick;
    }
    return whole(fromBase64(text, options, Number.POSITIVE_INFINITY));
  },
  fromHex(text: unknown): Uint8Array<ArrayBuffer> {
    checkText(text);
    return whole(fromHex(text, Number.POSITIVE_INFINITY));
  },
};

function define(target: object, all: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(all)) {
    if (!(name in target)) Object.defineProperty(target, name, { value, writable: true, configurable: true });
  }
}

define(Uint8Array, statics);
define(Uint8Array.prototype, methods);

/** For the tests: under Node the engine's own stay in place. */
export const bytesText = { methods, statics };
