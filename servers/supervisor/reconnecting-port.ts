/**
 * A server's port to the kernel that outlives the kernel (`ClientPort` in sdk/api/wire.ts). It copies nothing: messages
 * go straight to the present port. It only remembers which requests are open, so that it can end them when the kernel dies.
 */

import type { MessagePort } from 'node:worker_threads';
import type { ClientPort, PortReply, PortRequest } from '@diatom/sdk/api';

type Open = 'waiting' | 'streaming';

const unavailable = JSON.stringify({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'the kernel went away before it answered; whether the request took effect is unknown',
  reason: 'ServiceUnavailable',
  code: 503,
});

export class ReconnectingPort implements ClientPort {
  #port: MessagePort | undefined;
  #closed = false;
  readonly #open = new Map<number, Open>();
  readonly #queue: PortRequest[] = [];
  readonly #listeners: ((reply: PortReply) => void)[] = [];
  readonly #closeListeners: (() => void)[] = [];
  readonly #errorListeners: ((error: Error) => void)[] = [];

  /** Takes a fresh port; requests that waited go out over it. */
  connect(port: MessagePort): void {
    if (this.#closed) {
      port.close();
      return;
    }
    this.#port?.close();
    this.#lost();
    this.#port = port;
    port.on('message', (reply: PortReply) => this.#receive(reply));
    port.on('messageerror', (error: Error) => {
      for (const listener of this.#errorListeners) listener(error);
    });
    port.on('close', () => {
      if (this.#port === port) {
        this.#port = undefined;
        this.#lost();
      }
    });
    for (const request of this.#queue.splice(0)) this.#send(port, request);
  }

  postMessage(message: PortRequest): void {
    if (this.#closed) return;
    if (this.#port === undefined) {
      if (message.kind === 'request') this.#queue.push(message);
      else if (message.kind === 'cancel') this.#forget(message.id);
    } else {
      this.#send(this.#port, message);
    }
  }

  on(event: 'message', listener: (reply: PortReply) => void): this;
  on(event: 'close', listener: () => void): this;
  on(event: 'messageerror', listener: (error: Error) => void): this;
  on(event: string, listener: ((reply: PortReply) => void) | ((error: Error) => void) | (() => void)): this {
    if (event === 'message') this.#listeners.push(listener as (reply: PortReply) => void);
    else if (event === 'close') this.#closeListeners.push(listener as () => void);
    else this.#errorListeners.push(listener as (error: Error) => void);
    return this;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#port?.close();
    this.#port = undefined;
    this.#queue.length = 0;
    this.#lost();
    for (const listener of this.#closeListeners) listener();
  }

  #send(port: MessagePort, message: PortRequest): void {
    if (message.kind === 'request') this.#open.set(message.id, 'waiting');
    else if (message.kind === 'cancel') this.#open.delete(message.id);
    port.postMessage(message);
  }

  #receive(reply: PortReply): void {
    if (reply.kind === 'response' && reply.streaming) this.#open.set(reply.id, 'streaming');
    else if (reply.kind !== 'chunk') this.#open.delete(reply.id);
    this.#deliver(reply);
  }

  #deliver(reply: PortReply): void {
    for (const listener of this.#listeners) listener(reply);
  }

  #forget(id: number): void {
    const index = this.#queue.findIndex((request) => request.id === id);
    if (index >= 0) this.#queue.splice(index, 1);
  }

  #lost(): void {
    const open = [...this.#open];
    this.#open.clear();
    for (const [id, state] of open) {
      if (state === 'streaming') this.#deliver({ kind: 'end', id });
      else
        this.#deliver({
          kind: 'response',
          id,
          status: 503,
          // No Retry-After: it would say that nothing was done.
          headers: { 'content-type': 'application/json' },
          body: unavailable,
          streaming: false,
        });
    }
  }
}
