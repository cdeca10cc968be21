/** Infra standard §7 forgiving-base64 and HTML §8.3 `atob`, `btoa`. */

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

/** Infra §7 forgiving-base64 decode; null is failure. */
export function decodeBase64(given: string): Uint8Array<ArrayBuffer> | null {
  let text = given.replace(whitespace, '');
  if (text.length % 4 === 0) text = text.replace(/={1,2}$/, '');
  if (text.length % 4 === 1 || !wellFormed.test(text)) return null;
  values ??= valueTable();
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let write = 0;
  let group = 0;
  let bitCount = 0;
  for (let at = 0; at < text.length; at++) {
    group = ((group << 6) | (values[text.charCodeAt(at)] as number)) & 0xffffff;
    bitCount += 6;
    if (bitCount >= 8) {
      bitCount -= 8;
      bytes[write++] = (group >> bitCount) & 0xff;
    }
  }
  return bytes;
}

export function btoa(data: string): string {
  if (arguments.length === 0) throw new TypeError('btoa: the text is missing');
  const text = String(data);
  if (notByte.test(text)) {
    throw new DOMException('The text holds characters above U+00FF, which are no bytes.', 'InvalidCharacterError');
  }
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
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
