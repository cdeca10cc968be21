/** URL standard §1.3 Percent-encoded bytes. */

import { host } from '../host.ts';

/**
 * The percent-encode sets, as what does not belong to them, so that text that needs nothing is found by one match.
 * Each contains the C0 control set: below U+0020 and above U+007E.
 */
export interface EncodeSet {
  readonly clean: RegExp;
  readonly dirty: RegExp;
}

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: the standard defines the sets by code point.
const set = (ascii: string): EncodeSet => ({
  clean: new RegExp(`^[^\\0-\\x1f\\x7f-\\u{10ffff}${ascii}]*$`, 'u'),
  dirty: new RegExp(`[\\0-\\x1f\\x7f-\\u{10ffff}${ascii}]+`, 'gu'),
});
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: see above.

const fragmentAscii = ' "<>`';
const queryAscii = ' "#<>';
const pathAscii = `${queryAscii}?^\`{}`;
const userinfoAscii = `${pathAscii}/:;=@\\[-\\]|`;

export const c0ControlSet = set('');
export const fragmentSet = set(fragmentAscii);
export const querySet = set(queryAscii);
export const specialQuerySet = set(`${queryAscii}'`);
export const pathSet = set(pathAscii);
export const userinfoSet = set(userinfoAscii);
/** application/x-www-form-urlencoded, without its rule that a space becomes "+". */
export const formSet = set(`${userinfoAscii}$%&+,!'()~`);

const hex = Array.from({ length: 256 }, (_, byte) => `%${byte < 16 ? '0' : ''}${byte.toString(16).toUpperCase()}`);

/** §1.3 UTF-8 percent-encode a string; lone surrogates become U+FFFD. */
export function percentEncode(text: string, encodeSet: EncodeSet): string {
  if (encodeSet.clean.test(text)) return text;
  return text.replace(encodeSet.dirty, (part) => {
    let encoded = '';
    for (const byte of host.encodeUtf8(part)) encoded += hex[byte];
    return encoded;
  });
}

/** §1.3 string percent-decode, then UTF-8 decode without BOM. What is no escape stays. */
export function percentDecode(text: string): string {
  return text.includes('%') ? host.decodeUtf8(percentDecodeBytes(text)) : text;
}

function percentDecodeBytes(text: string): Uint8Array {
  const bytes = host.encodeUtf8(text);
  let write = 0;
  for (let read = 0; read < bytes.byteLength; read++) {
    const byte = bytes[read] as number;
    const high = byte === 0x25 ? digit(bytes[read + 1]) : -1;
    const low = high < 0 ? -1 : digit(bytes[read + 2]);
    if (low < 0) bytes[write++] = byte;
    else {
      bytes[write++] = high * 16 + low;
      read += 2;
    }
  }
  return bytes.subarray(0, write);
}

function digit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
