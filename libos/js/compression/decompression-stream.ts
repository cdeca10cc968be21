/** Compression standard §6 Interface DecompressionStream. */

import { type ReadableStream, TransformStream, type WritableStream } from '../streams/streams.ts';
import { bytesOfChunk, type CompressionFormat } from './format.ts';
import { Inflater } from './inflater.ts';

const fail = (what: string): TypeError => new TypeError(`DecompressionStream: ${what}`);

export class DecompressionStream {
  readonly #transform: TransformStream<ArrayBuffer | ArrayBufferView, Uint8Array>;

  constructor(format: CompressionFormat) {
    const inflater = new Inflater(format, 'DecompressionStream');
    const run = (input: Uint8Array, enqueue: (piece: Uint8Array) => void): number => {
      try {
        return inflater.push(input, enqueue);
      } catch (error) {
        throw fail((error as Error).message);
      }
    };
    this.#transform = new TransformStream({
      transform: (chunk, controller) => {
        const left = run(bytesOfChunk(chunk, 'DecompressionStream'), (piece) => controller.enqueue(piece));
        // §6: bytes after the end of the compressed data are an error.
        if (left > 0) throw fail('there is more after the end of the data');
      },
      flush: () => {
        if (!inflater.hasEnded) throw fail('the data ends too early');
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
