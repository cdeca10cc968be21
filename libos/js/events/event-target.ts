/** DOM standard §2.7 Interface EventTarget and §2.10 dispatch, for targets without a parent. */

import { reportException } from '../globals/report.ts';
import type { AbortSignal } from './abort-signal.ts';
import { type Event, isEvent, stateOf } from './event.ts';

export type EventListener = ((this: EventTarget, event: Event) => void) | { handleEvent(event: Event): void };

export interface AddEventListenerOptions {
  readonly capture?: boolean | undefined;
  readonly once?: boolean | undefined;
  readonly passive?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Listener {
  readonly type: string;
  readonly callback: EventListener;
  readonly capture: boolean;
  readonly once: boolean;
  readonly passive: boolean;
  isRemoved: boolean;
}

const flatten = (options: boolean | { readonly capture?: boolean | undefined } | null | undefined): boolean =>
  typeof options === 'object' && options !== null ? Boolean(options.capture) : Boolean(options);

/** Whether anybody listens: what decides how long some targets live. */
export let hasListeners: (target: EventTarget, type: string) => boolean;

export class EventTarget {
  /** Made with the first listener: most signals never get one. */
  #listeners: Listener[] | null = null;

  addEventListener(
    type: string,
    callback: EventListener | null,
    options?: boolean | AddEventListenerOptions | null,
  ): void {
    if (arguments.length < 2) throw new TypeError('EventTarget.addEventListener needs a type and a listener');
    if (callback !== null && callback !== undefined && typeof callback !== 'function' && typeof callback !== 'object') {
      throw new TypeError('EventTarget.addEventListener: the listener must be a function or an object');
    }
    const name = String(type);
    const capture = flatten(options);
    const { once, passive, signal } = typeof options === 'object' && options !== null ? options : {};
    if (signal !== undefined && (signal === null || typeof signal !== 'object' || !('aborted' in signal))) {
      throw new TypeError('EventTarget.addEventListener: signal must be an AbortSignal');
    }
    if (callback === null || callback === undefined || signal?.aborted) return;
    this.#listeners ??= [];
    const listeners = this.#listeners;
    if (listeners.some((one) => one.type === name && one.callback === callback && one.capture === capture)) return;
    listeners.push({
      type: name,
      callback,
      capture,
      once: Boolean(once),
      passive: Boolean(passive),
      isRemoved: false,
    });
    signal?.addEventListener('abort', () => this.removeEventListener(name, callback, capture), { once: true });
  }

  removeEventListener(
    type: string,
    callback: EventListener | null,
    options?: boolean | { readonly capture?: boolean | undefined } | null,
  ): void {
    if (this.#listeners === null) return;
    const capture = flatten(options);
    const name = String(type);
    const at = this.#listeners.findIndex(
      (one) => one.type === name && one.callback === callback && one.capture === capture,
    );
    if (at < 0) return;
    (this.#listeners[at] as Listener).isRemoved = true;
    // A copy, as dispatch may be walking the list.
    this.#listeners = this.#listeners.filter((one) => !one.isRemoved);
  }

  dispatchEvent(event: Event): boolean {
    if (!isEvent(event)) throw new TypeError('EventTarget.dispatchEvent: the argument must be an Event');
    const state = stateOf(event);
    if (state.isDispatching) throw new DOMException('The event is already being dispatched.', 'InvalidStateError');
    state.isDispatching = true;
    state.target = this;
    if (this.#listeners !== null) {
      state.currentTarget = this;
      state.phase = 2;
      // Capturing listeners come first, at the target too (§2.10 dispatch, steps 13 and 14).
      const { type } = event;
      const listeners = this.#listeners.filter((one) => one.type === type);
      for (const capture of [true, false]) {
        // Between the two rounds only stopPropagation ends it.
        if (state.isPropagationStopped) break;
        for (const listener of listeners) {
          if (listener.isRemoved || listener.capture !== capture) continue;
          if (listener.once) this.removeEventListener(type, listener.callback, capture);
          state.isPassive = listener.passive;
          try {
            const { callback } = listener;
            if (typeof callback === 'function') callback.call(this, event);
            else callback.handleEvent(event);
          } catch (error) {
            reportException(error);
          }
          state.isPassive = false;
          if (state.isImmediatelyStopped) break;
        }
      }
    }
    state.isDispatching = false;
    state.isPropagationStopped = false;
    state.isImmediatelyStopped = false;
    state.currentTarget = null;
    state.phase = 0;
    return !state.isCanceled;
  }

  get [Symbol.toStringTag](): string {
    return 'EventTarget';
  }

  static {
    hasListeners = (target, type) => target.#listeners?.some((one) => one.type === type) ?? false;
  }
}

/**
 * HTML §8.1.8.1 event handlers: `target.on<type>` is a listener whose place in the order is that of its first setting.
 * Kept apart from the class so that only targets that have such attributes pay for them.
 */
export class HandlerAttribute {
  readonly #target: EventTarget;
  readonly #type: string;
  #handler: ((this: EventTarget, event: Event) => unknown) | null = null;
  #isListening = false;

  constructor(target: EventTarget, type: string) {
    this.#target = target;
    this.#type = type;
  }

  get(): ((this: EventTarget, event: Event) => unknown) | null {
    return this.#handler;
  }

  set(handler: unknown): void {
    this.#handler = typeof handler === 'function' ? (handler as (event: Event) => unknown) : null;
    if (this.#handler === null || this.#isListening) return;
    this.#isListening = true;
    this.#target.addEventListener(this.#type, (event) => {
      const handler = this.#handler;
      if (handler === null) return;
      if (handler.call(this.#target, event) === false) event.preventDefault();
    });
  }
}
