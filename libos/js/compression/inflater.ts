/** Decompresses what comes in pieces, by `pako` (zlib in JavaScript), which checks all checksums. */

import { Z_BUF_ERROR, Z_NO_FLUSH, Z_OK, Z_STREAM_END, ZStream, zlibInflate, zlibInflateInit2 } from 'pako';
import { type CompressionFormat, pieceBytes, windowBitsOf } from './format.ts';

export class Inflater {
  readonly #stream = new ZStream();
  #hasEnded = false;

  /** Throws TypeError, in the name of the owner, for a format that there is none of. */
  constructor(format: CompressionFormat, owner: string) {
    zlibInflateInit2(this.#stream, windowBitsOf(format, owner));
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Hands on what this input comes to; how much of it lies behind the end. Throws an Error for input that is not valid. */
  push(input: Uint8Array, enqueue: (piece: Uint8Array<ArrayBuffer>) => void): number {
    const stream = this.#stream;
    stream.input = input;
    stream.next_in = 0;
    stream.avail_in = input.length;
    while (!this.#hasEnded) {
      stream.output = new Uint8Array(pieceBytes);
      stream.next_out = 0;
      stream.avail_out = pieceBytes;
      const status = zlibInflate(stream, Z_NO_FLUSH);
      if (stream.next_out > 0) enqueue(stream.output.slice(0, stream.next_out) as Uint8Array<ArrayBuffer>);
      if (status === Z_STREAM_END) this.#hasEnded = true;
      // No progress possible: more input is needed.
      else if (status === Z_BUF_ERROR || (status === Z_OK && stream.avail_in === 0 && stream.avail_out > 0)) return 0;
      else if (status !== Z_OK) throw new Error(stream.msg || 'the data is not valid');
    }
    return stream.avail_in;
  }
}
