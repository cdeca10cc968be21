/** A Node socket as the machine sees one: bytes that are there, bytes that are taken, and edges of readiness. */
import type { Socket } from 'node:net';
import { machineErrors, readyBits } from '@diatom/libos';

/** Both directions hold at most about this much on the host. */
const bufferLimitBytes = 65536;

export class Connection {
  readonly #socket: Socket;
  readonly #chunks: Buffer[] = [];
  #bufferedBytes = 0;
  #ended = false;
  #failed = false;
  #connecting: boolean;
  #notify: (bits: number) => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#connecting = socket.connecting;
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
    socket.on('connect', () => {
      this.#connecting = false;
      this.#notify(readyBits.writable);
    });
    socket.on('error', () => {
      this.#failed = true;
    });
    socket.on('close', () => {
      if (!this.#ended) this.#failed = true;
      this.#notify(readyBits.hangup | readyBits.readable);
    });
  }

  /** From now on readiness goes to `notify`; what is ready already is told at once. */
  attach(notify: (bits: number) => void): void {
    this.#notify = notify;
    if (this.#bufferedBytes > 0 || this.#ended || this.#failed) notify(readyBits.readable);
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
      if (this.#bufferedBytes < bufferLimitBytes) this.#socket.resume();
      // The contract of `yield`: a short receive is followed by a report, so the end must be reported anew.
      if (used < target.length && this.#ended) queueMicrotask(() => this.#notify(readyBits.readable));
      return used;
    }
    if (target.length === 0) return 0;
    if (this.#ended) return 0;
    return this.#failed ? machineErrors.closed : machineErrors.again;
  }

  send(bytes: Uint8Array): number {
    if (this.#failed || this.#socket.writableEnded || this.#socket.destroyed) return machineErrors.closed;
    if (this.#connecting || this.#socket.writableNeedDrain) return machineErrors.again;
    const part = bytes.subarray(0, bufferLimitBytes);
    this.#socket.write(Buffer.from(part));
    return part.length;
  }

  shutdown(): void {
    this.#socket.end();
  }

  /** Unsent bytes are still delivered; nothing more is read. */
  close(): void {
    this.#notify = () => {};
    if (this.#socket.destroyed) return;
    this.#socket.removeAllListeners('data');
    this.#socket.end(() => this.#socket.destroy());
    this.#socket.resume();
  }

  destroy(): void {
    this.#notify = () => {};
    this.#socket.destroy();
  }
}
