/** Compression standard §5 Interface CompressionStream, by `pako` (zlib in JavaScript). */

import { Z_FINISH, Z_NO_FLUSH, ZStream, zlibDeflate, zlibDeflateInit2 } from 'pako';
import { type ReadableStream, TransformStream, type WritableStream } from '../streams/streams.ts';
import { bytesOfChunk, type CompressionFormat, pieceBytes, windowBitsOf } from './format.ts';

/** zlib's defaults (`deflateInit2`): method 8, level 6, memory level 8, default strategy. */
const level = 6;
const method = 8;
const memoryLevel = 8;
const strategy = 0;

export class CompressionStream {
  readonly #transform: TransformStream<ArrayBuffer | ArrayBufferView, Uint8Array>;

  constructor(format: CompressionFormat) {
    const stream = new ZStream();
    zlibDeflateInit2(stream, level, method, windowBitsOf(format, 'CompressionStream'), memoryLevel, strategy);
    const run = (input: Uint8Array, isLast: boolean, enqueue: (piece: Uint8Array) => void): void => {
      stream.input = input;
      stream.next_in = 0;
      stream.avail_in = input.length;
      do {
        stream.output = new Uint8Array(pieceBytes);
        stream.next_out = 0;
        stream.avail_out = pieceBytes;
        zlibDeflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH);
        if (stream.next_out > 0) enqueue(stream.output.slice(0, stream.next_out));
        // A full piece may have left more behind (zlib manual, deflate).
      } while (stream.avail_out === 0);
    };
    this.#transform = new TransformStream({
      transform: (chunk, controller) => {
        run(bytesOfChunk(chunk, 'CompressionStream'), false, (piece) => controller.enqueue(piece));
      },
      flush: (controller) => run(new Uint8Array(0), true, (piece) => controller.enqueue(piece)),
    });
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#transform.readable;
  }

  get writable(): WritableStream<ArrayBuffer | ArrayBufferView> {
    return this.#transform.writable;
  }

  get [Symbol.toStringTag](): string {
    return 'CompressionStream';
  }
}
