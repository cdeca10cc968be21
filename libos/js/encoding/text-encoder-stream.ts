/** Encoding standard §7.6 Interface TextEncoderStream. */

import { host } from '../host.ts';
import { type ReadableStream, TransformStream, type WritableStream } from '../streams/streams.ts';

export class TextEncoderStream {
  readonly #transform: TransformStream<string, Uint8Array>;

  constructor() {
    /** A high surrogate at the end of a chunk waits for its other half (§7.6 "leading surrogate"). */
    let pending = '';
    this.#transform = new TransformStream({
      transform: (chunk, controller) => {
        let text = `${pending}${chunk}`;
        const last = text.charCodeAt(text.length - 1);
        pending = last >= 0xd800 && last <= 0xdbff ? text.slice(-1) : '';
        if (pending !== '') text = text.slice(0, -1);
        if (text !== '') controller.enqueue(host.encodeUtf8(text));
      },
      flush: (controller) => {
        if (pending !== '') controller.enqueue(host.encodeUtf8(pending));
      },
    });
  }

  get encoding(): string {
    return 'utf-8';
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#transform.readable;
  }

  get writable(): WritableStream<string> {
    return this.#transform.writable;
  }

  get [Symbol.toStringTag](): string {
    return 'TextEncoderStream';
  }
}
