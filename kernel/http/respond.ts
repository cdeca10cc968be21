/** From an `ApiResponse` to an HTTP message: compressed when it pays, streamed with back-pressure when it has no end. */
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { promisify } from 'node:util';
import { createGzip, gzip } from 'node:zlib';
import type { ApiResponse, ApiStream, ChunkSource } from '@diatom/sdk/api';
import type { SlowReaders } from './slow-readers.ts';

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
  /** When the server closes, what has no end of its own ends. */
  readonly closing: Closing;
  /** A reader that takes nothing for this long is cut off; it can resume its watch from where it was. */
  readonly slowReaderMs: number;
  readonly slowReaders: SlowReaders;
}

/** An AbortSignal looks through all its listeners for every new one: with a thousand watches that was a third of their cost. */
export interface Closing {
  readonly listeners: Set<() => void>;
  hasBegun: boolean;
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
  if (gone.aborted || closing.hasBegun) {
    cancel();
    outgoing.destroy();
    return;
  }
  gone.addEventListener('abort', cancel, { once: true });
  closing.listeners.add(cancel);
  try {
    const isCompressed = body.isWhole === true && acceptsGzip(exchange.acceptEncoding);
    outgoing.writeHead(status, {
      ...headers,
      ...(isCompressed ? { 'content-encoding': 'gzip', vary: headers.vary ?? 'Accept-Encoding' } : {}),
    });
    // A watch may be silent for minutes; its client waits for the head now.
    if (body.isWhole !== true) outgoing.flushHeaders();
    if (outgoing.req.method === 'HEAD') cancel();
    else if (body.source !== undefined) await sendFrom(exchange, body.source);
    else await sendAll(exchange, isCompressed ? compressed(body.chunks) : body.chunks);
    outgoing.end();
  } catch {
    // The head is out, so the only way left to say that the stream is incomplete is to break it off.
    outgoing.destroy();
  } finally {
    gone.removeEventListener('abort', cancel);
    closing.listeners.delete(cancel);
    cancel();
  }
}

async function sendAll({ outgoing, gone, slowReaderMs }: Exchange, chunks: ApiStream['chunks']): Promise<void> {
  for await (const chunk of chunks) {
    if (gone.aborted) return;
    if (outgoing.write(chunk) || outgoing.destroyed) continue;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the reader takes nothing')), slowReaderMs);
      const settle = (): void => {
        clearTimeout(timer);
        outgoing.off('drain', settle);
        outgoing.off('close', settle);
        resolve();
      };
      outgoing.on('drain', settle);
      outgoing.on('close', settle);
    });
  }
}

/** Resolves when the source is over or the client gone, rejects when it takes nothing for too long. */
function sendFrom({ outgoing, slowReaders }: Exchange, source: ChunkSource): Promise<void> {
  const write = writerOf(outgoing);
  return new Promise((resolve, reject) => {
    let isOver = false;
    let isWriting = false;
    const finish = (error?: Error): void => {
      isOver = true;
      reader.leave();
      // The connection outlives the answer.
      outgoing.off('close', closed);
      if (error === undefined) resolve();
      else reject(error);
    };
    const closed = (): void => finish();
    const reader = slowReaders.add(() => finish(new Error('the reader takes nothing')));
    const written = (): void => {
      isWriting = false;
      reader.end();
      pump();
    };
    const pump = (): void => {
      if (isOver || isWriting) return;
      const chunk = source.take();
      if (chunk === undefined) {
        if (source.isOver) finish();
        return;
      }
      isWriting = true;
      reader.begin();
      write(chunk, written);
    };
    outgoing.on('close', closed);
    source.onReady(pump);
    pump();
  });
}

/** Calls back when the chunk is on its way, or will never be. */
type Write = (chunk: string | Uint8Array, written: () => void) => void;

/**
 * HTTP/1.1 chunks as Node writes them are three buffers, which TLS copies together anew for every connection. What many
 * connections send is put together once; Node still writes the head and the last chunk.
 */
function writerOf(outgoing: Outgoing): Write {
  const { socket } = outgoing;
  const isOwnTurn = outgoing.chunkedEncoding && socket !== null && !outgoing.destroyed;
  if (!isOwnTurn) return (chunk, written) => outgoing.write(chunk, written);
  return (chunk, written) => socket.write(typeof chunk === 'string' ? chunkOf(chunk) : sharedChunkOf(chunk), written);
}

const sharedChunks = new WeakMap<Uint8Array, Buffer>();

function sharedChunkOf(bytes: Uint8Array): Buffer {
  let chunk = sharedChunks.get(bytes);
  if (chunk === undefined) {
    chunk = Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
    sharedChunks.set(bytes, chunk);
  }
  return chunk;
}

const chunkOf = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

async function* compressed(chunks: ApiStream['chunks']): AsyncGenerator<Uint8Array> {
  const compressor = createGzip({ level: 1 });
  // What goes wrong on the way in comes out of the compressor, too.
  pipeline(chunks, compressor, () => {});
  yield* compressor as AsyncIterable<Uint8Array>;
}
