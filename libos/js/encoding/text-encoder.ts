/** Encoding standard §7.4 Interface TextEncoder. */

import { host } from '../host.ts';

export interface TextEncoderEncodeIntoResult {
  readonly read: number;
  readonly written: number;
}

export class TextEncoder {
  get encoding(): string {
    return 'utf-8';
  }

  encode(input: string = ''): Uint8Array<ArrayBuffer> {
    return host.encodeUtf8(typeof input === 'string' ? input : String(input));
  }

  encodeInto(source: string, destination: Uint8Array): TextEncoderEncodeIntoResult {
    if (!(destination instanceof Uint8Array)) {
      throw new TypeError('TextEncoder.encodeInto: the destination must be a Uint8Array');
    }
    const text = String(source);
    const capacity = destination.byteLength;
    // Three bytes a code unit is the most UTF-8 needs, so that no more than this can fit or matter.
    const candidate = text.length > capacity ? text.slice(0, capacity) : text;
    const bytes = host.encodeUtf8(candidate);
    if (bytes.byteLength <= capacity && candidate.length === text.length) {
      destination.set(bytes);
      return { read: text.length, written: bytes.byteLength };
    }
    let end = Math.min(capacity, bytes.byteLength);
    // Not in the middle of a character: back to before its lead byte.
    while (end < bytes.byteLength && end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
    // The slice above may have cut a surrogate pair, whose half then was encoded as U+FFFD.
    if (end === bytes.byteLength && isCutPair(text, candidate.length)) end -= 3;
    const whole = bytes.subarray(0, end);
    destination.set(whole);
    return { read: host.decodeUtf8(whole).length, written: end };
  }

  get [Symbol.toStringTag](): string {
    return 'TextEncoder';
  }
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

const isCutPair = (text: string, at: number): boolean =>
  at > 0 && at < text.length && isHighSurrogate(text.charCodeAt(at - 1)) && isLowSurrogate(text.charCodeAt(at));
