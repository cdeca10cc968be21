/** DOM standard §3.2 Interface AbortSignal. */

import { clearTimeout, setTimeout } from '../timers/timers.ts';
import { Event } from './event.ts';
import {
  type AddEventListenerOptions,
  type EventListener,
  EventTarget,
  HandlerAttribute,
  hasListeners,
} from './event-target.ts';

/** Makes a signal that is not aborted; programs get theirs from a controller. */
export let createSignal: () => AbortSignal;

/** §3.2 signal abort. */
export let signalAbort: (signal: AbortSignal, reason?: unknown) => void;

export let isAbortSignal: (value: unknown) => value is AbortSignal;

/**
 * A signal of `timeout` or `any` is wanted only by those who hold it or listen to it (§3.2.1 garbage collection). What
 * would abort it refers to it weakly, or a service that makes one per request would collect them until their time is
 * over; those with listeners are held here meanwhile.
 */
const listenedTo = new Set<AbortSignal>();

/** What to do when a signal is gone. */
const forgotten = new FinalizationRegistry<() => void>((forget) => forget());

/** Held by the constructor only, so that `new AbortSignal()` throws for everybody else. */
const permission = Symbol('may create');

export class AbortSignal extends EventTarget {
  #isAborted = false;
  #reason: unknown = undefined;
  #handler: HandlerAttribute | null = null;
  #isHeldWeakly = false;
  /** §3.2 dependent signals: they are aborted with this one. */
  #dependents: Set<WeakRef<AbortSignal>> | null = null;
  /** For a dependent signal: the signals it depends on that depend on none themselves. */
  #sources: AbortSignal[] | null = null;

  constructor(given?: unknown) {
    super();
    if (given !== permission) throw new TypeError('Illegal constructor: use new AbortController().signal');
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = createSignal();
    signal.#isAborted = true;
    signal.#reason = reason === undefined ? abortError() : reason;
    return signal;
  }

  static timeout(milliseconds: number): AbortSignal {
    // Web IDL [EnforceRange] unsigned long long.
    const delayMs = Number(milliseconds);
    if (!Number.isFinite(delayMs) || Math.trunc(delayMs) < 0 || delayMs > Number.MAX_SAFE_INTEGER) {
      throw new TypeError(`AbortSignal.timeout: ${String(milliseconds)} is not a number of milliseconds`);
    }
    const signal = createSignal();
    signal.#isHeldWeakly = true;
    const reference = new WeakRef(signal);
    const timer = setTimeout(() => {
      const held = reference.deref();
      if (held === undefined) return;
      signalAbort(held, new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    }, delayMs);
    forgotten.register(signal, () => clearTimeout(timer));
    return signal;
  }

  /** §3.2 create a dependent abort signal. */
  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const list = [...signals];
    for (const signal of list) {
      if (!isAbortSignal(signal)) throw new TypeError('AbortSignal.any: every item must be an AbortSignal');
    }
    const result = createSignal();
    for (const signal of list) {
      if (!signal.#isAborted) continue;
      result.#isAborted = true;
      result.#reason = signal.#reason;
      return result;
    }
    const sources = new Set<AbortSignal>();
    for (const signal of list) {
      for (const source of signal.#sources ?? [signal]) sources.add(source);
    }
    result.#isHeldWeakly = true;
    const reference = new WeakRef(result);
    for (const source of sources) {
      source.#dependents ??= new Set();
      source.#dependents.add(reference);
    }
    forgotten.register(result, () => {
      for (const source of sources) source.#dependents?.delete(reference);
    });
    result.#sources = [...sources];
    return result;
  }

  override addEventListener(
    type: string,
    callback: EventListener | null,
    options?: boolean | AddEventListenerOptions | null,
  ): void {
    super.addEventListener(type, callback, options);
    this.#hold();
  }

  override removeEventListener(
    type: string,
    callback: EventListener | null,
    options?: boolean | { readonly capture?: boolean | undefined } | null,
  ): void {
    super.removeEventListener(type, callback, options);
    this.#hold();
  }

  #hold(): void {
    if (!this.#isHeldWeakly || this.#isAborted) return;
    if (hasListeners(this, 'abort')) listenedTo.add(this);
    else listenedTo.delete(this);
  }

  get aborted(): boolean {
    return this.#isAborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#isAborted) throw this.#reason;
  }

  get onabort(): ((this: EventTarget, event: Event) => unknown) | null {
    return this.#handler?.get() ?? null;
  }

  set onabort(handler: ((this: EventTarget, event: Event) => unknown) | null) {
    this.#handler ??= new HandlerAttribute(this, 'abort');
    this.#handler.set(handler);
  }

  override get [Symbol.toStringTag](): string {
    return 'AbortSignal';
  }

  static {
    createSignal = () => new AbortSignal(permission);
    isAbortSignal = (value): value is AbortSignal => typeof value === 'object' && value !== null && #isAborted in value;
    signalAbort = (signal, reason) => {
      if (signal.#isAborted) return;
      signal.#isAborted = true;
      signal.#reason = reason === undefined ? abortError() : reason;
      const aborted = [signal];
      for (const reference of signal.#dependents ?? []) {
        const dependent = reference.deref();
        if (dependent === undefined || dependent.#isAborted) continue;
        dependent.#isAborted = true;
        dependent.#reason = signal.#reason;
        aborted.push(dependent);
      }
      signal.#dependents = null;
      for (const one of aborted) {
        listenedTo.delete(one);
        one.dispatchEvent(new Event('abort'));
      }
    };
  }
}

const abortError = (): DOMException => new DOMException('This operation was aborted', 'AbortError');
