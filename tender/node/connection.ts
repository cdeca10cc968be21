/** A Node socket as the machine sees one: bytes that are there, bytes that are taken, and edges of readiness. */
import type { Socket } from 'node:net';
import { machineErrors, readyBits } from '@diatom/libos';

/** Both directions hold at most about this much on the host. */
const bufferLimitBytes = 65536;

export class Connection {
  /** Undefined while it is being dialed. */
  #socket: Socket | undefined;
  readonly #chunks: Buffer[] = [];
  #bufferedBytes = 0;
  #ended = false;
  /** What the next receive or send says of a connection that has failed; 0: it has not. */
  #failure = 0;
  #shutsDown = false;
  #notify: (bits: number) => void = () => {};
  readonly #abort = new AbortController();
  readonly isOutgoing: boolean;

  constructor(socket?: Socket) {
    this.isOutgoing = socket === undefined;
    if (socket !== undefined) this.#adopt(socket);
  }

  /** Exists at once; writable when `dial` has brought a socket, hung up when it has not. */
  static dialed(dial: (signal: AbortSignal) => Promise<Socket>, failureOf: (error: unknown) => number): Connection {
    const connection = new Connection();
    const { signal } = connection.#abort;
    dial(signal).then(
      (socket) => {
        if (signal.aborted) {
          socket.destroy();
          return;
        }
        connection.#adopt(socket);
        connection.#notify(readyBits.writable);
      },
      (error: unknown) => {
        if (signal.aborted) return;
        connection.#failure = failureOf(error);
        connection.#notify(readyBits.hangup | readyBits.readable);
      },
    );
    return connection;
  }

  #adopt(socket: Socket): void {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#bufferedBytes += chunk.length;
      if (this.#bufferedBytes >= bufferLimitBytes) socket.pause();
      this.#notify(readyBits.readable);
    });
    socket.on('end', () => {
      this.#ended = true;
      // As epoll reports it on the process target (EPOLLRDHUP): also to a program that is not receiving.
      this.#notify(readyBits.hangup | readyBits.readable);
    });
    socket.on('drain', () => this.#notify(readyBits.writable));
    socket.on('error', () => {
      this.#failure = machineErrors.closed;
    });
    socket.on('close', () => {
      if (!this.#ended) this.#failure = machineErrors.closed;
      this.#notify(readyBits.hangup | readyBits.readable);
    });
    if (this.#shutsDown) socket.end();
  }

  /** From now on readiness goes to `notify`; what is ready already is told at once. */
  attach(notify: (bits: number) => void): void {
    this.#notify = notify;
    if (this.#bufferedBytes > 0 || this.#ended || this.#failure !== 0) notify(readyBits.readable);
  }

  receive(target: Uint8Array): number {
    let used = 0;
    while (used < target.length) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) break;
      const part = Math.min(chunk.length, target.length - used);
      target.set(chunk.subarray(0, part), used);
      used += part;
      if (part === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part);
    }
    this.#bufferedBytes -= used;
    if (used > 0) {
      if (this.#bufferedBytes < bufferLimitBytes) this.#socket?.resume();
      // The contract of `yield`: a short receive is followed by a report, so the end must be reported anew.
      if (used < target.length && this.#ended) queueMicrotask(() => this.#notify(readyBits.readable));
      return used;
    }
    if (target.length === 0) return 0;
    if (this.#ended) return 0;
    return this.#failure === 0 ? machineErrors.again : this.#failure;
  }

  send(bytes: Uint8Array): number {
    if (this.#failure !== 0) return this.#failure;
    const socket = this.#socket;
    if (this.#shutsDown || socket?.writableEnded || socket?.destroyed) return machineErrors.closed;
    if (socket === undefined || socket.writableNeedDrain) return machineErrors.again;
    const part = bytes.subarray(0, bufferLimitBytes);
    socket.write(Buffer.from(part));
    return part.length;
  }

  shutdown(): void {
    this.#shutsDown = true;
    this.#socket?.end();
  }

  /** Unsent bytes are still delivered; nothing more is read. */
  close(): void {
    this.#notify = () => {};
    this.#abort.abort();
    const socket = this.#socket;
    if (socket === undefined || socket.destroyed) return;
    socket.removeAllListeners('data');
    socket.end(() => socket.destroy());
    socket.resume();
  }

  destroy(): void {
    this.#notify = () => {};
    this.#abort.abort();
    this.#socket?.destroy();
  }
}
