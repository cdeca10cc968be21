/** A TCP client that sends exactly the bytes it is told to, and reads HTTP responses strictly. */
import { connect, type Socket } from 'node:net';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface RawResponse {
  readonly status: number;
  readonly reason: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** How the body's end was known. */
  readonly framing: 'length' | 'chunked' | 'close' | 'none';
}

const timeLimitMs = 8000;

export class RawClient implements Disposable {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #ended = false;
  #failed: Error | undefined;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    socket.on('end', () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on('error', (error) => {
      this.#failed = error;
      this.#wake();
    });
  }

  static open(address: Address): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ ...address, allowHalfOpen: true, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawClient(socket));
      });
    });
  }

  send(bytes: string | Uint8Array): void {
    this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Send in pieces of `size` bytes that arrive separately, as far as the network lets them. */
  async trickle(text: string, size: number): Promise<void> {
    for (let at = 0; at < text.length; at += size) {
      await new Promise<void>((resolve) => this.#socket.write(text.slice(at, at + size), 'latin1', () => resolve()));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** No more will be sent. */
  end(): void {
    this.#socket.end();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  /** Wait until `find` gives something for what has been received. */
  async #until<Found>(what: string, find: () => Found | undefined): Promise<Found> {
    const deadline = Date.now() + timeLimitMs;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (this.#failed !== undefined) throw new Error(`waiting for ${what}: ${this.#failed.message}`);
      if (this.#ended)
        throw new Error(`waiting for ${what}: closed after ${JSON.stringify(this.#received.toString('latin1'))}`);
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) {
        throw new Error(`waiting for ${what}: nothing more after ${JSON.stringify(this.#received.toString('latin1'))}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Resolves when the peer ends its side; rejects when it resets. */
  async closed(): Promise<Buffer> {
    return this.#until('the end of the connection', () => (this.#ended ? this.#received : undefined));
  }

  async bytes(count: number): Promise<Buffer> {
    return this.#until(`${count} bytes`, () => (this.#received.length >= count ? this.#take(count) : undefined));
  }

  #take(count: number): Buffer {
    const taken = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return taken;
  }

  /** The next response; `headOnly` for responses to HEAD. */
  async response(headOnly = false): Promise<RawResponse> {
    const head = await this.#until('a response head', () => {
      const end = this.#received.indexOf('\r\n\r\n');
      return end < 0 ? undefined : this.#take(end + 4).toString('latin1');
    });
    const [statusLine = '', ...lines] = head.slice(0, -4).split('\r\n');
    const matched = /^HTTP\/1\.1 (\d{3}) ([ -~]*)$/.exec(statusLine);
    if (matched === null) throw new Error(`not a status line: ${JSON.stringify(statusLine)}`);
    const headers = new Map<string, string>();
    for (const line of lines) {
      const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([\t -~\x80-\xff]*)$/.exec(line);
      if (field === null) throw new Error(`not a header field: ${JSON.stringify(line)}`);
      const name = (field[1] ?? '').toLowerCase();
      if (headers.has(name)) throw new Error(`${name} twice in ${JSON.stringify(head)}`);
      headers.set(name, field[2] ?? '');
    }
    const status = Number(matched[1]);
    const { body, framing } = await this.#body(status, headers, headOnly);
    return { status, reason: matched[2] ?? '', headers, body, framing };
  }

  async #body(
    status: number,
    headers: ReadonlyMap<string, string>,
    headOnly: boolean,
  ): Promise<Pick<RawResponse, 'body' | 'framing'>> {
    if (headOnly || status < 200 || status === 204 || status === 304) return { body: Buffer.alloc(0), framing: 'none' };
    const length = headers.get('content-length');
    if (headers.get('transfer-encoding') === 'chunked') {
      if (length !== undefined) throw new Error('both Content-Length and Transfer-Encoding');
      return { body: await this.#chunks(), framing: 'chunked' };
    }
    if (length !== undefined) return { body: await this.bytes(Number(length)), framing: 'length' };
    const body = await this.closed();
    this.#received = Buffer.alloc(0);
    return { body, framing: 'close' };
  }

  async #chunks(): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (;;) {
      const line = await this.#until('a chunk size', () => {
        const end = this.#received.indexOf('\r\n');
        return end < 0 ? undefined : this.#take(end + 2).toString('latin1');
      });
      if (!/^[0-9a-f]+\r\n$/.test(line)) throw new Error(`not a chunk size: ${JSON.stringify(line)}`);
      const size = Number.parseInt(line, 16);
      const data = await this.bytes(size + 2);
      if (data.toString('latin1', size) !== '\r\n') throw new Error('a chunk does not end in CRLF');
      if (size === 0) return Buffer.concat(parts);
      parts.push(data.subarray(0, size));
    }
  }
}
