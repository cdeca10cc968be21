import { ChunkQueue } from '../client/chunk-queue.ts';
import { TransportError } from '../client/errors.ts';
import type { Transport, TransportRequest, TransportResponse } from '../client/transport.ts';

/** A request the test has to answer. */
export interface ScriptedExchange {
  readonly request: TransportRequest;
  answer(status: number, body: unknown, headers?: Readonly<Record<string, string>>): void;
  /** Starts a stream; each further frame is one watch event. */
  stream(...frames: readonly unknown[]): void;
  end(): void;
  /** The connection breaks. */
  break(): void;
}

/** A transport whose other end is the test: every request waits in `next()` for its answer. */
export class ScriptedTransport implements Transport {
  readonly closed = new Promise<Error>(() => {});
  readonly requests: string[] = [];
  readonly #waiting: ScriptedExchange[] = [];
  readonly #takers: ((exchange: ScriptedExchange) => void)[] = [];

  send(request: TransportRequest): Promise<TransportResponse> {
    this.requests.push(`${request.method} ${request.path}`);
    return new Promise((resolve, reject) => {
      const chunks = new ChunkQueue(() => {});
      let isStreaming = false;
      request.signal?.addEventListener('abort', () => {
        reject(request.signal?.reason);
        chunks.finish(request.signal?.reason);
      });
      const exchange: ScriptedExchange = {
        request,
        answer: (status, body, headers = {}) =>
          resolve({ kind: 'complete', status, headers, body: JSON.stringify(body) }),
        stream(...frames) {
          if (!isStreaming) resolve({ kind: 'stream', status: 200, headers: {}, chunks });
          isStreaming = true;
          for (const frame of frames) chunks.push(`${JSON.stringify(frame)}\n`);
        },
        end: () => chunks.finish(),
        break() {
          const error = new TransportError(request.path, new Error('connection reset'));
          reject(error);
          chunks.finish(error);
        },
      };
      const taker = this.#takers.shift();
      if (taker === undefined) this.#waiting.push(exchange);
      else taker(exchange);
    });
  }

  /** The next request, in the order they were made. */
  next(): Promise<ScriptedExchange> {
    const exchange = this.#waiting.shift();
    if (exchange !== undefined) return Promise.resolve(exchange);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  async close(): Promise<void> {}
}
