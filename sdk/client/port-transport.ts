import type { ClientPort, PortReply, PortRequest } from '../api/wire.ts';
import { ChunkQueue } from './chunk-queue.ts';
import { TransportError } from './errors.ts';
import type { Transport, TransportRequest, TransportResponse } from './transport.ts';

interface Exchange {
  readonly attempt: string;
  /** Chunks of one body may split a character. */
  readonly decoder: TextDecoder;
  answer(reply: PortReply & { kind: 'response' }): void;
  chunk(text: string): void;
  end(error?: Error): void;
}

/** The API over a message port inside `diatom up`: same requests, no sockets, no TLS. */
export function createPortTransport(port: ClientPort): Transport {
  const exchanges = new Map<number, Exchange>();
  let nextId = 1;
  let closedBy: Error | undefined;
  const closed = Promise.withResolvers<Error>();

  function shut(reason: Error): void {
    if (closedBy !== undefined) return;
    closedBy = reason;
    for (const exchange of exchanges.values()) exchange.end(new TransportError(exchange.attempt, reason));
    exchanges.clear();
    closed.resolve(reason);
  }

  function text(exchange: Exchange, data: string | Uint8Array, more: boolean): string {
    return typeof data === 'string' ? data : exchange.decoder.decode(data, { stream: more });
  }

  port.on('message', (reply: PortReply) => {
    const exchange = exchanges.get(reply.id);
    if (exchange === undefined) return;
    switch (reply.kind) {
      case 'response':
        if (!reply.streaming) exchanges.delete(reply.id);
        exchange.answer(reply);
        return;
      case 'chunk':
        exchange.chunk(text(exchange, reply.data, true));
        post({ kind: 'taken', id: reply.id });
        return;
      case 'end':
        exchanges.delete(reply.id);
        exchange.end();
        return;
    }
  });
  port.on('close', () => shut(new Error('the port to the kernel closed')));
  port.on('messageerror', (error) => shut(error instanceof Error ? error : new Error(String(error))));

  function post(message: PortRequest): void {
    port.postMessage(message);
  }

  function send(request: TransportRequest): Promise<TransportResponse> {
    const attempt = `${request.method} ${request.path}`;
    if (request.signal?.aborted === true) return Promise.reject(request.signal.reason);
    if (closedBy !== undefined) return Promise.reject(new TransportError(attempt, closedBy));
    const id = nextId;
    nextId += 1;
    return new Promise((resolve, reject) => {
      let onLeave = (): void => {};
      const stream = new ChunkQueue(() => onLeave());
      let isStreaming = false;
      let collected = '';
      let head: { readonly status: number; readonly headers: Readonly<Record<string, string>> } | undefined;

      const release = (): void => request.signal?.removeEventListener('abort', abort);
      const cancel = (): void => {
        release();
        if (exchanges.delete(id) && closedBy === undefined) post({ kind: 'cancel', id });
      };
      const abort = (): void => {
        cancel();
        reject(request.signal?.reason);
        stream.finish(request.signal?.reason);
      };
      request.signal?.addEventListener('abort', abort, { once: true });
      onLeave = cancel;

      const exchange: Exchange = {
        attempt,
        decoder: new TextDecoder(),
        answer({ status, headers, body, streaming }) {
          head = { status, headers };
          const first = text(exchange, body, streaming);
          if (!streaming) {
            release();
            resolve({ kind: 'complete', status, headers, body: first });
          } else if (request.stream) {
            isStreaming = true;
            stream.push(first);
            resolve({ kind: 'stream', status, headers, chunks: stream });
          } else {
            collected = first;
          }
        },
        chunk(part) {
          if (isStreaming) stream.push(part);
          else collected += part;
        },
        end(error) {
          release();
          if (isStreaming) stream.finish(error);
          else if (error !== undefined) reject(error);
          else if (head !== undefined) resolve({ kind: 'complete', ...head, body: collected });
        },
      };
      exchanges.set(id, exchange);
      post({
        kind: 'request',
        id,
        method: request.method,
        path: request.path,
        headers: request.headers,
        ...(request.body === undefined ? {} : { body: request.body }),
      });
    });
  }

  return {
    send,
    closed: closed.promise,
    async close() {
      shut(new Error('the transport was closed'));
      port.close();
    },
  };
}
