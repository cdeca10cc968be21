/** Infra standard §7 forgiving-base64 and HTML §8.3 `atob`, `btoa`. */

import { host } from '../host.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Two characters for each value of 12 bits: halves the steps per byte, which is what counts in an interpreter. */
let pairs: string[] | null = null;

function pairTable(): string[] {
  const table: string[] = [];
  for (const first of alphabet) for (const second of alphabet) table.push(first + second);
  return table;
}

/** RFC 4648 §4, of bytes. */
export function encodeBase64(bytes: Uint8Array): string {
  pairs ??= pairTable();
  const { length } = bytes;
  const whole = length - (length % 3);
  let text = '';
  for (let at = 0; at < whole; at += 3) {
    const group = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    text += (pairs[group >> 12] as string) + (pairs[group & 0xfff] as string);
  }
  if (length - whole === 1) text += `${pairs[(bytes[whole] as number) << 4]}==`;
  if (length - whole === 2) {
    const group = ((bytes[whole] as number) << 8) | (bytes[whole + 1] as number);
    text += `${pairs[group >> 4]}${alphabet[(group << 2) & 0x3f]}=`;
  }
  return text;
}

const notByte = /[^\0-\xff]/;
const whitespace = /[\t\n\f\r ]/g;
const wellFormed = /^[A-Za-z0-9+/]*$/;

let values: Uint8Array | null = null;

function valueTable(): Uint8Array {
  const table = new Uint8Array(128);
  for (let value = 0; value < 64; value++) table[alphabet.charCodeAt(value)] = value;
  return table;
}

/** One or two "=" count only where they fill up the last group. */
function withoutPadding(text: string): string {
  if (text.length % 4 !== 0 || !text.endsWith('=')) return text;
  return text.slice(0, text.endsWith('==') ? -2 : -1);
}

/** Infra §7 forgiving-base64 decode; null is failure. */
export function decodeBase64(given: string): Uint8Array<ArrayBuffer> | null {
  let text = withoutPadding(given);
  if (!wellFormed.test(text)) {
    text = withoutPadding(given.replace(whitespace, ''));
    if (!wellFormed.test(text)) return null;
  }
  if (text.length % 4 === 1) return null;
  values ??= valueTable();
  const table = values;
  // Elements of an array cost a third of what characters of a string do (measured in the engine).
  const input = host.encodeUtf8(text);
  const { length } = input;
  const bytes = new Uint8Array((length * 3) >> 2);
  const whole = length & ~3;
  let write = 0;
  for (let at = 0; at < whole; at += 4) {
    const group =
      ((table[input[at] as number] as number) << 18) |
      ((table[input[at + 1] as number] as number) << 12) |
      ((table[input[at + 2] as number] as number) << 6) |
      (table[input[at + 3] as number] as number);
    bytes[write] = group >> 16;
    bytes[write + 1] = group >> 8;
    bytes[write + 2] = group;
    write += 3;
  }
  if (whole === length) return bytes;
  // Two or three characters are left, whose last bits stand for nothing.
  const [first = 0, second = 0, third = 0] = Array.from(input.subarray(whole), (code) => table[code] ?? 0);
  bytes[write] = (first << 2) | (second >> 4);
  if (length - whole === 3) bytes[write + 1] = (second << 4) | (third >> 2);
  return bytes;
}

/** The bytes that the characters are; null when one is above U+00FF. */
function bytesOf(text: string): Uint8Array | null {
  const bytes = host.encodeUtf8(text);
  if (bytes.length === text.length) return bytes;
  if (notByte.test(text)) return null;
  return Uint8Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
}

export function btoa(data: string): string {
  if (arguments.length === 0) throw new TypeError('btoa: the text is missing');
  const bytes = bytesOf(String(data));
  if (bytes === null) {
    throw new DOMException('The text holds characters above U+00FF, which are no bytes.', 'InvalidCharacterError');
  }
  return encodeBase64(bytes);
}

export function atob(data: string): string {
  if (arguments.length === 0) throw new TypeError('atob: the text is missing');
  const bytes = decodeBase64(String(data));
  if (bytes === null) throw new DOMException('The text is not correctly encoded base64.', 'InvalidCharacterError');
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + 8192) as unknown as number[]);
  }
  return text;
}
