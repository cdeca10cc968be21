/** The port transport: the same API for servers in worker threads, without sockets, TLS or tokens. */
import type { MessagePort } from 'node:worker_threads';
import type { ApiHandler, ApiStream, Identity, PortReply, PortRequest } from '@diatom/sdk/api';

export interface PortServer {
  close(): void;
}

/** Chunk messages of one stream that may be under way. A worker that takes none fills its own watch, not our memory. */
const untakenLimit = 64;

interface Exchange {
  cancelled: boolean;
  stream: ApiStream | undefined;
  untaken: number;
  /** Lets a waiting pump go on. */
  resume: (() => void) | undefined;
}

/** Serves the port until it closes; every request acts as `identity`. */
export function servePort(port: MessagePort, identity: Identity, handler: ApiHandler): PortServer {
  const exchanges = new Map<number, Exchange>();
  const reply = (message: PortReply): void => port.postMessage(message);
  const cancel = (id: number): void => {
    const exchange = exchanges.get(id);
    if (exchange === undefined) return;
    exchanges.delete(id);
    exchange.cancelled = true;
    exchange.stream?.cancel();
    exchange.resume?.();
  };
  const taken = (id: number): void => {
    const exchange = exchanges.get(id);
    if (exchange === undefined) return;
    exchange.untaken--;
    exchange.resume?.();
  };
  const cancelAll = (): void => {
    for (const id of [...exchanges.keys()]) cancel(id);
  };

  port.on('message', (message: PortRequest) => {
    switch (message.kind) {
      case 'request':
        void serve(message);
        return;
      case 'cancel':
        cancel(message.id);
        return;
      case 'taken':
        taken(message.id);
        return;
    }
  });
  port.on('close', cancelAll);
  port.on('messageerror', () => port.close());

  async function serve({ id, method, path, headers = {}, body }: PortRequest & { kind: 'request' }): Promise<void> {
    const exchange: Exchange = { cancelled: false, stream: undefined, untaken: 0, resume: undefined };
    exchanges.set(id, exchange);
    // The handler answers every failure itself.
    const response = await handler({ method, path, headers, body: bytes(body) }, identity);
    const isStream = typeof response.body !== 'string' && !(response.body instanceof Uint8Array);
    if (exchange.cancelled) {
      if (isStream) (response.body as ApiStream).cancel();
      return;
    }
    const head = { kind: 'response', id, status: response.status, headers: response.headers } as const;
    if (!isStream) {
      exchanges.delete(id);
      reply({ ...head, body: response.body as string | Uint8Array, streaming: false });
      return;
    }
    exchange.stream = response.body as ApiStream;
    reply({ ...head, body: '', streaming: true });
    await pump(id, exchange, exchange.stream);
    // Also of what ended by itself: whoever made it may count on being told.
    exchange.stream.cancel();
    if (exchanges.delete(id)) reply({ kind: 'end', id });
  }

  /** Chunks of one turn travel as one message: a message costs more than its bytes. */
  async function pump(id: number, exchange: Exchange, stream: ApiStream): Promise<void> {
    let waiting: (string | Uint8Array)[] = [];
    const flush = (): void => {
      const batch = waiting;
      waiting = [];
      if (exchange.cancelled || batch.length === 0) return;
      exchange.untaken++;
      if (batch.every((chunk) => typeof chunk === 'string')) reply({ kind: 'chunk', id, data: batch.join('') });
      else reply({ kind: 'chunk', id, data: Buffer.concat(batch.map((chunk) => bytes(chunk))) });
    };
    try {
      for await (const chunk of stream.chunks) {
        if (exchange.cancelled) return;
        if (waiting.length === 0) setImmediate(flush);
        waiting.push(chunk);
        while (exchange.untaken >= untakenLimit && !exchange.cancelled) {
          await new Promise<void>((resolve) => {
            exchange.resume = resolve;
          });
        }
      }
    } catch {
      // The producer broke off; the end of the stream tells the client to resume.
    }
    flush();
  }

  return {
    close: () => {
      cancelAll();
      port.close();
    },
  };
}

const encoder = new TextEncoder();
const bytes = (body: string | Uint8Array | undefined): Uint8Array =>
  body === undefined ? new Uint8Array(0) : typeof body === 'string' ? encoder.encode(body) : body;
