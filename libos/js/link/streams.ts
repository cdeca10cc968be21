/** Gives bodies and blobs their streams. */

import type { BodySource } from '../fetch/body.ts';
import { type BodyReader, BodyTooLarge, host } from '../host.ts';
import { link } from '../parts.ts';
import { ReadableStream } from '../streams/streams.ts';

const nothing = new Uint8Array(0);

/** A source of the glue gives its bytes chunk by chunk, anything else is one chunk. */
function readerOf(source: BodySource): BodyReader {
  if (typeof source === 'object' && 'read' in source) return source;
  let rest: Uint8Array<ArrayBuffer> | null = typeof source === 'string' ? host.encodeUtf8(source) : source.slice();
  const take = (): Uint8Array<ArrayBuffer> | null => {
    const chunk = rest;
    rest = null;
    return chunk === null || chunk.byteLength === 0 ? null : chunk;
  };
  return { whole: () => take() ?? nothing, read: () => Promise.resolve(take()), cancel: () => undefined };
}

/** Streams that may not be gathered without bound, and how much of them may. */
const limits = new WeakMap<ReadableStream, number>();

function limited(stream: ReadableStream, limitBytes: number | undefined): ReadableStream {
  if (limitBytes !== undefined) limits.set(stream, limitBytes);
  return stream;
}

function tee(stream: ReadableStream): [ReadableStream, ReadableStream] {
  const limitBytes = limits.get(stream);
  const [first, second] = stream.tee();
  return [limited(first, limitBytes), limited(second, limitBytes)];
}

/** Fetch §2.2.4: bodies are readable byte streams, and nothing is read ahead of demand. */
function streamOf(source: BodySource): ReadableStream {
  const reader = readerOf(source);
  const stream = new ReadableStream<Uint8Array>(
    {
      type: 'bytes',
      async pull(controller) {
        const chunk = await reader.read();
        if (chunk !== null) {
          controller.enqueue(chunk);
          return;
        }
        controller.close();
        // A pending "bring your own buffer" read ends only when it is answered.
        controller.byobRequest?.respond(0);
      },
      cancel: () => reader.cancel(),
    },
    { highWaterMark: 0 },
  );
  return limited(stream, reader.limitBytes);
}

function checkedChunk(chunk: unknown): Uint8Array<ArrayBuffer> {
  if (chunk instanceof Uint8Array) return chunk as Uint8Array<ArrayBuffer>;
  throw new TypeError(
    `a body's stream gave ${chunk === null ? 'null' : `a ${typeof chunk}`} where bytes (Uint8Array) are needed`,
  );
}

async function readAll(stream: ReadableStream): Promise<Uint8Array<ArrayBuffer>> {
  const limitBytes = limits.get(stream) ?? Number.POSITIVE_INFINITY;
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const chunk = checkedChunk(value);
    chunks.push(chunk);
    sizeBytes += chunk.byteLength;
    if (sizeBytes <= limitBytes) continue;
    const error = new BodyTooLarge(limitBytes);
    reader.cancel(error).catch(() => undefined);
    throw error;
  }
  const all = new Uint8Array(sizeBytes);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}

/** For the glue, which sends what a handler streams. */
function reader(stream: ReadableStream): BodyReader {
  const inner = stream.getReader();
  return {
    whole: () => undefined,
    async read() {
      for (;;) {
        const { done, value } = await inner.read();
        if (done) return null;
        const chunk = checkedChunk(value);
        if (chunk.byteLength > 0) return chunk;
      }
    },
    cancel() {
      // Whatever the source says about it, there is nobody left to tell.
      inner.cancel().catch(() => undefined);
    },
  };
}

link('streams', {
  streamOf,
  isStream: (value): value is ReadableStream => value instanceof ReadableStream,
  // Not part of the public interface, which has no way to ask (Streams §9.1 "disturbed").
  isDisturbed: (stream) => (stream as unknown as { readonly _disturbed: boolean })._disturbed,
  tee,
  readAll,
  reader,
});
