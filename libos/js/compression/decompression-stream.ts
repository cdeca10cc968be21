/** Compression standard §6 Interface DecompressionStream, by `pako` (zlib in JavaScript), which checks all checksums. */

import { Z_BUF_ERROR, Z_NO_FLUSH, Z_OK, Z_STREAM_END, ZStream, zlibInflate, zlibInflateInit2 } from 'pako';
import { type ReadableStream, TransformStream, type WritableStream } from '../streams/streams.ts';
import { bytesOfChunk, type CompressionFormat, pieceBytes, windowBitsOf } from './format.ts';

export class DecompressionStream {
  readonly #transform: TransformStream<ArrayBuffer | ArrayBufferView, Uint8Array>;

  constructor(format: CompressionFormat) {
    const stream = new ZStream();
    zlibInflateInit2(stream, windowBitsOf(format, 'DecompressionStream'));
    let hasEnded = false;
    const run = (input: Uint8Array, enqueue: (piece: Uint8Array) => void): void => {
      stream.input = input;
      stream.next_in = 0;
      stream.avail_in = input.length;
      while (!hasEnded) {
        stream.output = new Uint8Array(pieceBytes);
        stream.next_out = 0;
        stream.avail_out = pieceBytes;
        const status = zlibInflate(stream, Z_NO_FLUSH);
        if (stream.next_out > 0) enqueue(stream.output.slice(0, stream.next_out));
        if (status === Z_STREAM_END) hasEnded = true;
        // No progress possible: more input is needed.
        else if (status === Z_BUF_ERROR || (status === Z_OK && stream.avail_in === 0 && stream.avail_out > 0)) return;
        else if (status !== Z_OK) throw new TypeError(`DecompressionStream: ${stream.msg || 'the data is not valid'}`);
      }
      // §6: bytes after the end of the compressed data are an error.
      if (stream.avail_in > 0) throw new TypeError('DecompressionStream: there is more after the end of the data');
    };
    this.#transform = new TransformStream({
      transform: (chunk, controller) => {
        run(bytesOfChunk(chunk, 'DecompressionStream'), (piece) => controller.enqueue(piece));
      },
      flush: () => {
        if (!hasEnded) throw new TypeError('DecompressionStream: the data ends too early');
      },
    });
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#transform.readable;
  }

  get writable(): WritableStream<ArrayBuffer | ArrayBufferView> {
    return this.#transform.writable;
  }

  get [Symbol.toStringTag](): string {
    return 'DecompressionStream';
  }
}
