/** Just enough of DER (ITU-T X.690) for the containers of keys. */

import { fail } from './algorithm.ts';

export const integerTag = 0x02;
export const bitStringTag = 0x03;
export const octetStringTag = 0x04;
export const sequenceTag = 0x30;

export function encode(tag: number, ...contents: readonly (readonly number[] | Uint8Array)[]): number[] {
  const content = contents.flatMap((one) => [...one]);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return [tag, ...size, ...content];
}

export const malformed = (): never => fail('DataError', 'The key data is not well-formed DER of this kind of key');

/** Reads elements one after the other. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Content of the next element, which must have the tag. */
  read(tag: number): Uint8Array {
    const bytes = this.#bytes;
    if (bytes[this.#at] !== tag) return malformed();
    let length = bytes[this.#at + 1] ?? 0x80;
    let start = this.#at + 2;
    if (length === 0x81) length = bytes[start++] ?? 0;
    else if (length === 0x82) {
      length = ((bytes[start] ?? 0) << 8) | (bytes[start + 1] ?? 0);
      start += 2;
    } else if (length > 0x7f) return malformed();
    const end = start + length;
    if (end > bytes.length) return malformed();
    this.#at = end;
    return bytes.subarray(start, end);
  }
}
