/** From an `ApiResponse` to an HTTP message: compressed when it pays, streamed with back-pressure when it has no end. */
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { promisify } from 'node:util';
import { createGzip, gzip } from 'node:zlib';
import type { ApiResponse, ApiStream } from '@diatom/sdk/api';

/** Node's HTTP/2 response has the same methods as the HTTP/1.1 one, but no common type. */
export type Outgoing = ServerResponse;

/** Smaller bodies are cheaper sent as they are (apiserver handlers/responsewriters: 128 KiB). */
const compressionBytes = 128 * 1024;

const compress = promisify(gzip);

export interface Exchange {
  readonly outgoing: Outgoing;
  /** The request's Accept-Encoding. */
  readonly acceptEncoding: string | undefined;
  /** Aborted when the client went away or the answer is out. */
  readonly gone: AbortSignal;
  /** Aborted when the server closes: what has no end of its own ends then. */
  readonly closing: AbortSignal;
  /** A reader that takes nothing for this long is cut off; it can resume its watch from where it was. */
  readonly slowReaderMs: number;
}

export async function respond(exchange: Exchange, response: ApiResponse): Promise<void> {
  const { outgoing, acceptEncoding, gone } = exchange;
  const { status, headers, body } = response;
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
    await stream(exchange, status, headers, body);
    return;
  }
  const plain = typeof body === 'string' ? Buffer.from(body) : body;
  const compressed =
    plain.length >= compressionBytes && acceptsGzip(acceptEncoding) && headers['content-encoding'] === undefined;
  const bytes = compressed ? await compress(plain, { level: 1 }) : plain;
  if (gone.aborted) return;
  outgoing.writeHead(status, {
    ...headers,
    ...(compressed ? { 'content-encoding': 'gzip', vary: headers.vary ?? 'Accept-Encoding' } : {}),
    ...(status === 304 || status === 204 ? {} : { 'content-length': String(bytes.length) }),
  });
  outgoing.end(status === 304 || status === 204 ? undefined : bytes);
}

function acceptsGzip(acceptEncoding = ''): boolean {
  return acceptEncoding.split(',').some((item) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(item));
}

async function stream(
  exchange: Exchange,
  status: number,
  headers: ApiResponse['headers'],
  body: ApiStream,
): Promise<void> {
  const { outgoing, gone, closing } = exchange;
  const cancel = (): void => body.cancel();
  if (gone.aborted || closing.aborted) {
    cancel();
    outgoing.destroy();
    return;
  }
  const ends = [gone, closing];
  for (const end of ends) end.addEventListener('abort', cancel, { once: true });
  try {
    const isCompressed = body.isWhole === true && acceptsGzip(exchange.acceptEncoding);
    const chunks = isCompressed ? compressed(body.chunks) : body.chunks;
    outgoing.writeHead(status, {
      ...headers,
      ...(isCompressed ? { 'content-encoding': 'gzip', vary: headers.vary ?? 'Accept-Encoding' } : {}),
    });
    // A watch may be silent for minutes; its client waits for the head now.
    if (body.isWhole !== true) outgoing.flushHeaders();
    for await (const chunk of chunks) {
      if (gone.aborted) break;
      if (!outgoing.write(chunk)) await drained(exchange);
    }
    outgoing.end();
  } catch {
    // The head is out, so the only way left to say that the stream is incomplete is to break it off.
    outgoing.destroy();
  } finally {
    for (const end of ends) end.removeEventListener('abort', cancel);
    cancel();
  }
}

/** Rejects when the reader takes nothing for too long, or when one side ends. */
function drained({ outgoing, gone, closing, slowReaderMs }: Exchange): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      outgoing.off('drain', go);
      for (const end of [gone, closing]) end.removeEventListener('abort', stop);
    };
    const go = (): void => {
      settle();
      resolve();
    };
    const stop = (): void => {
      settle();
      reject(new Error('the reader is gone or too slow'));
    };
    const timer = setTimeout(stop, slowReaderMs);
    outgoing.once('drain', go);
    for (const end of [gone, closing]) end.addEventListener('abort', stop, { once: true });
  });
}

async function* compressed(chunks: ApiStream['chunks']): AsyncGenerator<Uint8Array> {
  const compressor = createGzip({ level: 1 });
  // What goes wrong on the way in comes out of the compressor, too.
  pipeline(chunks, compressor, () => {});
  yield* compressor as AsyncIterable<Uint8Array>;
}
