/** HTML standard §9.1 the MessageEvent interface. */

import type { MessagePort } from '../messaging/message-channel.ts';
import { Event, type EventInit } from './event.ts';

export interface MessageEventInit extends EventInit {
  readonly data?: unknown;
  readonly origin?: string | undefined;
  readonly lastEventId?: string | undefined;
  readonly source?: MessagePort | null | undefined;
  readonly ports?: readonly MessagePort[] | undefined;
}

export class MessageEvent extends Event {
  readonly #init: MessageEventInit;
  readonly #ports: readonly MessagePort[];

  constructor(type: string, init?: MessageEventInit | null) {
    super(type, init);
    this.#init = { ...init };
    this.#ports = Object.freeze([...(init?.ports ?? [])]);
  }

  get data(): unknown {
    return this.#init.data ?? null;
  }

  get origin(): string {
    return String(this.#init.origin ?? '');
  }

  get lastEventId(): string {
    return String(this.#init.lastEventId ?? '');
  }

  get source(): MessagePort | null {
    return this.#init.source ?? null;
  }

  get ports(): readonly MessagePort[] {
    return this.#ports;
  }

  override get [Symbol.toStringTag](): string {
    return 'MessageEvent';
  }
}
