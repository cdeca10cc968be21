/** Encoding standard §8 (UTF-8), §9 (single-byte), §14.2-14.4 (UTF-16): bytes to text, chunk by chunk. */

import { host } from '../host.ts';
import type { EncodingName } from './labels.ts';

export interface Decoded {
  readonly text: string;
  /** How many bytes at the end belong to a character that goes on in the next chunk. */
  readonly keptBytes: number;
  /** Something could not be decoded and became U+FFFD. May be false where nobody asked, as finding out costs. */
  readonly isMalformed: boolean;
}

type Decoder = (bytes: Uint8Array, isLast: boolean, isAsked: boolean) => Decoded;

/** How many bytes at the end may be the begin of a longer UTF-8 sequence. */
function unfinishedBytes(bytes: Uint8Array): number {
  const { length } = bytes;
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = bytes[length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const needed =
      byte >= 0xf0 && byte <= 0xf4 ? 4 : byte >= 0xe0 && byte < 0xf0 ? 3 : byte >= 0xc2 && byte < 0xe0 ? 2 : 1;
    if (needed <= back) return 0;
    // The second byte has a narrower range after some lead bytes (§8.1.1 steps 5 and 6); outside it is an error at once.
    if (back > 1) {
      const second = bytes[length - back + 1] ?? 0;
      const isOut =
        (byte === 0xe0 && second < 0xa0) ||
        (byte === 0xed && second > 0x9f) ||
        (byte === 0xf0 && second < 0x90) ||
        (byte === 0xf4 && second > 0x8f);
      if (isOut) return 0;
    }
    return back;
  }
  return 0;
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  if (left.byteLength !== right.byteLength) return false;
  for (let at = 0; at < left.byteLength; at++) if (left[at] !== right[at]) return false;
  return true;
}

const utf8: Decoder = (bytes, isLast, isAsked) => {
  const keptBytes = isLast ? 0 : unfinishedBytes(bytes);
  const whole = keptBytes === 0 ? bytes : bytes.subarray(0, bytes.byteLength - keptBytes);
  const text = host.decodeUtf8(whole);
  // Only a replacement character can mean trouble, and it is honest if it encodes to what was there.
  const isMalformed = isAsked && text.includes('\ufffd') && !isSame(host.encodeUtf8(text), whole);
  return { text, keptBytes, isMalformed };
};

/** Arguments of one call of fromCharCode: the engine's limit is 65,534. */
const unitsPerCall = 8192;

function stringOf(units: Uint8Array | Uint16Array): string {
  if (units.length <= unitsPerCall) return String.fromCharCode.apply(null, units as unknown as number[]);
  let text = '';
  for (let at = 0; at < units.length; at += unitsPerCall) {
    text += String.fromCharCode.apply(null, units.subarray(at, at + unitsPerCall) as unknown as number[]);
  }
  return text;
}

const utf16 =
  (isBigEndian: boolean): Decoder =>
  (bytes, isLast) => {
    const count = bytes.byteLength >> 1;
    const units = new Uint16Array(count);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < count; at++) units[at] = view.getUint16(at * 2, !isBigEndian);
    const oddBytes = bytes.byteLength & 1;
    const lastUnit = units[count - 1] ?? 0;
    const endsInHigh = count > 0 && lastUnit >= 0xd800 && lastUnit <= 0xdbff;
    if (!isLast) {
      const raw = stringOf(endsInHigh ? units.subarray(0, count - 1) : units);
      return {
        text: raw.toWellFormed(),
        keptBytes: oddBytes + (endsInHigh ? 2 : 0),
        isMalformed: !raw.isWellFormed(),
      };
    }
    const raw = stringOf(units);
    // §14.2: an unpaired surrogate and an odd byte at the very end are one error together.
    const text = raw.toWellFormed() + (oddBytes === 1 && !endsInHigh ? '\ufffd' : '');
    return { text, keptBytes: 0, isMalformed: oddBytes === 1 || !raw.isWellFormed() };
  };

/** Index windows-1252, 0x80 to 0x9F; the rest is Latin-1. */
const windows1252High =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';

const windows1252: Decoder = (bytes) => ({
  text: stringOf(bytes).replace(/[\x80-\x9f]/g, (char) => windows1252High.charAt(char.charCodeAt(0) - 0x80)),
  keptBytes: 0,
  isMalformed: false,
});

export const decoders: Readonly<Record<EncodingName, Decoder>> = {
  'utf-8': utf8,
  'utf-16le': utf16(false),
  'utf-16be': utf16(true),
  'windows-1252': windows1252,
};
