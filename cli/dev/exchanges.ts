/** Requests of Node's HTTP server under numbers, as the library OS hands them to a program in an image. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ArrivingBody, goneCode } from './arriving-body.ts';

/** Order of libos/guest/os/http/head.ts. */
export const methods: readonly string[] = ['', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: ArrivingBody;
}

export class Exchanges {
  readonly #open = new Map<number, Exchange>();
  #last = 0;

  /** `onWritable` is told when a peer that was behind is no more, `onGone` when it has gone before its answer was complete. */
  add(exchange: Exchange, onWritable: (number: number) => void, onGone: (number: number) => void): number {
    const number = ++this.#last;
    this.#open.set(number, exchange);
    exchange.response.on('drain', () => onWritable(number));
    exchange.response.once('close', () => {
      if (this.#open.delete(number)) onGone(number);
    });
    return number;
  }

  /** As the library OS: the next bytes, or the code of why there are none. */
  receive(number: number, onReceivable: (number: number) => void): Buffer | number {
    const exchange = this.#open.get(number);
    return exchange === undefined ? goneCode : exchange.body.receive(() => onReceivable(number));
  }

  get(number: number): Exchange | undefined {
    return this.#open.get(number);
  }

  get count(): number {
    return this.#open.size;
  }

  respond(number: number, status: number, lines: string, body: string | ArrayBuffer | null): void {
    const response = this.#take(number);
    if (response === undefined) return;
    const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body ?? new ArrayBuffer(0));
    const hasLength = status >= 200 && status !== 204 && status !== 304;
    response.writeHead(status, [...fieldsOf(lines), ...(hasLength ? ['content-length', `${bytes.length}`] : [])]);
    response.end(bytes);
  }

  respondStream(number: number, status: number, lines: string): boolean {
    const exchange = this.#open.get(number);
    if (exchange === undefined) return false;
    exchange.response.writeHead(status, [...fieldsOf(lines)]);
    // Who answers before it has more to say is heard at once.
    exchange.response.flushHeaders();
    if (exchange.request.method !== 'HEAD') return true;
    this.finish(number);
    return false;
  }

  piece(number: number, bytes: ArrayBuffer): number {
    const response = this.#open.get(number)?.response;
    if (response === undefined) return -1;
    return response.write(new Uint8Array(bytes)) ? 0 : response.writableLength;
  }

  finish(number: number): void {
    this.#take(number)?.end();
  }

  abort(number: number): void {
    this.#take(number)?.destroy();
  }

  /** From here on the program has no say in it. */
  #take(number: number): ServerResponse | undefined {
    const response = this.#open.get(number)?.response;
    this.#open.delete(number);
    return response;
  }
}

/** Framing is the server's; a program has these of an answer of another server that it passes on. */
const framing = /^(?:connection|content-length|keep-alive|transfer-encoding)$/;

/** `name: value\r\n` … → name, value, name, value. */
function fieldsOf(lines: string): readonly string[] {
  return lines.split('\r\n').flatMap((line) => {
    const colon = line.indexOf(': ');
    return colon < 0 || framing.test(line.slice(0, colon)) ? [] : [line.slice(0, colon), line.slice(colon + 2)];
  });
}
