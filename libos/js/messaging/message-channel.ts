/** HTML standard §9.4 Channel messaging, both ends in one instance. */

import { structuredCloneOf } from '../clone/structured-clone.ts';
import { type Transferable, transferable } from '../clone/transfer.ts';
import { Event } from '../events/event.ts';
import { EventTarget, HandlerAttribute } from '../events/event-target.ts';
import { MessageEvent } from '../events/message-event.ts';
import { setTimeout } from '../timers/timers.ts';

export interface StructuredSerializeOptions {
  readonly transfer?: readonly object[] | undefined;
}

interface Message {
  readonly data: unknown;
  readonly ports: readonly MessagePort[];
}

let createPort: () => MessagePort;
let entangle: (one: MessagePort, other: MessagePort) => void;

const permission = Symbol('may create');

export class MessagePort extends EventTarget implements Transferable {
  #other: MessagePort | null = null;
  /** The port message queue: kept until the port is started. */
  #queue: Message[] = [];
  #isStarted = false;
  #isDetached = false;
  readonly #message = new HandlerAttribute(this, 'message');
  readonly #error = new HandlerAttribute(this, 'messageerror');

  constructor(given?: unknown) {
    super();
    if (given !== permission) throw new TypeError('Illegal constructor: use new MessageChannel()');
  }

  postMessage(message: unknown, options?: readonly object[] | StructuredSerializeOptions | null): void {
    const list = Array.isArray(options)
      ? (options as object[])
      : ((options as StructuredSerializeOptions)?.transfer ?? []);
    if (list.includes(this)) throw new DOMException('A port cannot be sent through itself', 'DataCloneError');
    const target = this.#other;
    const { value, transferred } = structuredCloneOf(message, list);
    if (target === null) return;
    const ports = transferred.filter((one): one is MessagePort => one instanceof MessagePort);
    target.#queue.push({ data: value, ports });
    if (target.#isStarted) target.#deliverSoon();
  }

  /** One message a task, in order, as §9.4.4 has it. */
  #deliverSoon(): void {
    setTimeout(() => {
      const message = this.#isStarted ? this.#queue.shift() : undefined;
      if (message !== undefined)
        this.dispatchEvent(new MessageEvent('message', { data: message.data, ports: message.ports }));
    }, 0);
  }

  start(): void {
    if (this.#isStarted || this.#isDetached) return;
    this.#isStarted = true;
    for (const _ of this.#queue) this.#deliverSoon();
  }

  close(): void {
    const other = this.#other;
    this.#isDetached = true;
    this.#other = null;
    if (other === null) return;
    other.#other = null;
    setTimeout(() => other.dispatchEvent(new Event('close')), 0);
  }

  get onmessage(): ((this: EventTarget, event: Event) => unknown) | null {
    return this.#message.get();
  }

  /** Setting it starts the port (§9.4.4). */
  set onmessage(handler: ((this: EventTarget, event: Event) => unknown) | null) {
    this.#message.set(handler);
    this.start();
  }

  get onmessageerror(): ((this: EventTarget, event: Event) => unknown) | null {
    return this.#error.get();
  }

  set onmessageerror(handler: ((this: EventTarget, event: Event) => unknown) | null) {
    this.#error.set(handler);
  }

  /** HTML §9.4.4 transfer steps: a new object takes over the queue and the other end. */
  [transferable](): MessagePort {
    if (this.#isDetached) throw new DOMException('The port has been transferred or closed', 'DataCloneError');
    const moved = createPort();
    moved.#queue = this.#queue;
    moved.#other = this.#other;
    if (this.#other !== null) this.#other.#other = moved;
    this.#queue = [];
    this.#other = null;
    this.#isDetached = true;
    return moved;
  }

  override get [Symbol.toStringTag](): string {
    return 'MessagePort';
  }

  static {
    createPort = () => new MessagePort(permission);
    entangle = (one, other) => {
      one.#other = other;
      other.#other = one;
    };
  }
}

export class MessageChannel {
  readonly #port1 = createPort();
  readonly #port2 = createPort();

  constructor() {
    entangle(this.#port1, this.#port2);
  }

  get port1(): MessagePort {
    return this.#port1;
  }

  get port2(): MessagePort {
    return this.#port2;
  }

  get [Symbol.toStringTag](): string {
    return 'MessageChannel';
  }
}
