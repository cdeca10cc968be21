/** Encoding standard §7.2 Interface TextDecoder. */

import { decoders } from './decoders.ts';
import { type EncodingName, encodingOf } from './labels.ts';

export interface TextDecoderOptions {
  readonly fatal?: boolean | undefined;
  readonly ignoreBOM?: boolean | undefined;
}

const nothing = new Uint8Array(0);

export class TextDecoder {
  readonly #encoding: EncodingName;
  readonly #isFatal: boolean;
  readonly #keepsByteOrderMark: boolean;
  #kept: Uint8Array = nothing;
  /** Whether the begin of the stream is behind us, where a byte order mark would be. */
  #isPastBegin = false;

  constructor(label: string = 'utf-8', options?: TextDecoderOptions | null) {
    const encoding = encodingOf(String(label));
    if (encoding === null) {
      throw new RangeError(
        `TextDecoder: the encoding "${String(label)}" is not supported; there are utf-8, utf-16le, utf-16be and windows-1252`,
      );
    }
    this.#encoding = encoding;
    this.#isFatal = Boolean(options?.fatal);
    this.#keepsByteOrderMark = Boolean(options?.ignoreBOM);
  }

  get encoding(): string {
    return this.#encoding;
  }

  get fatal(): boolean {
    return this.#isFatal;
  }

  get ignoreBOM(): boolean {
    return this.#keepsByteOrderMark;
  }

  decode(
    input?: ArrayBufferLike | ArrayBufferView,
    options?: { readonly stream?: boolean | undefined } | null,
  ): string {
    const isLast = !options?.stream;
    const given = bytesOf(input);
    const bytes = this.#kept.byteLength === 0 ? given : joined(this.#kept, given);
    const { text, keptBytes, isMalformed } = decoders[this.#encoding](bytes, isLast, this.#isFatal);
    const isAtBegin = !this.#isPastBegin;
    this.#kept = keptBytes === 0 ? nothing : bytes.slice(bytes.byteLength - keptBytes);
    this.#isPastBegin = isLast ? false : this.#isPastBegin || text !== '';
    if (isMalformed && this.#isFatal) {
      this.#kept = nothing;
      this.#isPastBegin = false;
      throw new TypeError(`TextDecoder: the bytes are not valid ${this.#encoding}`);
    }
    return isAtBegin && !this.#keepsByteOrderMark && text.charCodeAt(0) === 0xfeff && this.#encoding !== 'windows-1252'
      ? text.slice(1)
      : text;
  }

  get [Symbol.toStringTag](): string {
    return 'TextDecoder';
  }
}

function bytesOf(input: ArrayBufferLike | ArrayBufferView | undefined): Uint8Array {
  if (input === undefined) return nothing;
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  if (input instanceof ArrayBuffer || input instanceof SharedArrayBuffer) return new Uint8Array(input);
  throw new TypeError('TextDecoder.decode: the input must be an ArrayBuffer or a view of one');
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const both = new Uint8Array(left.byteLength + right.byteLength);
  both.set(left);
  both.set(right, left.byteLength);
  return both;
}
