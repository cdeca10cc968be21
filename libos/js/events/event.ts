/** DOM standard §2.2 Interface Event. There is no tree here, so a path is the target alone. */

import { host } from '../host.ts';
import type { EventTarget } from './event-target.ts';

export interface EventInit {
  readonly bubbles?: boolean | undefined;
  readonly cancelable?: boolean | undefined;
  readonly composed?: boolean | undefined;
}

/** What only dispatch may change. */
export interface EventState {
  target: EventTarget | null;
  currentTarget: EventTarget | null;
  phase: number;
  isDispatching: boolean;
  isPropagationStopped: boolean;
  isImmediatelyStopped: boolean;
  isCanceled: boolean;
  isPassive: boolean;
}

export let stateOf: (event: Event) => EventState;
export let isEvent: (value: unknown) => value is Event;

export class Event {
  static readonly NONE = 0;
  static readonly CAPTURING_PHASE = 1;
  static readonly AT_TARGET = 2;
  static readonly BUBBLING_PHASE = 3;

  readonly #state: EventState = {
    target: null,
    currentTarget: null,
    phase: 0,
    isDispatching: false,
    isPropagationStopped: false,
    isImmediatelyStopped: false,
    isCanceled: false,
    isPassive: false,
  };
  #type: string;
  #bubbles: boolean;
  #isCancelable: boolean;
  readonly #isComposed: boolean;
  readonly #timeStamp: number = host.monotonicMs();

  constructor(type: string, init?: EventInit | null) {
    if (arguments.length === 0) throw new TypeError('Event: the type is missing');
    this.#type = String(type);
    this.#bubbles = Boolean(init?.bubbles);
    this.#isCancelable = Boolean(init?.cancelable);
    this.#isComposed = Boolean(init?.composed);
  }

  get type(): string {
    return this.#type;
  }

  get target(): EventTarget | null {
    return this.#state.target;
  }

  get srcElement(): EventTarget | null {
    return this.#state.target;
  }

  get currentTarget(): EventTarget | null {
    return this.#state.currentTarget;
  }

  composedPath(): EventTarget[] {
    return this.#state.currentTarget === null ? [] : [this.#state.currentTarget];
  }

  get eventPhase(): number {
    return this.#state.phase;
  }

  stopPropagation(): void {
    this.#state.isPropagationStopped = true;
  }

  get cancelBubble(): boolean {
    return this.#state.isPropagationStopped;
  }

  set cancelBubble(value: boolean) {
    if (value) this.#state.isPropagationStopped = true;
  }

  stopImmediatePropagation(): void {
    this.#state.isPropagationStopped = true;
    this.#state.isImmediatelyStopped = true;
  }

  get bubbles(): boolean {
    return this.#bubbles;
  }

  get cancelable(): boolean {
    return this.#isCancelable;
  }

  get returnValue(): boolean {
    return !this.#state.isCanceled;
  }

  set returnValue(value: boolean) {
    if (!value) this.preventDefault();
  }

  preventDefault(): void {
    if (this.#isCancelable && !this.#state.isPassive) this.#state.isCanceled = true;
  }

  get defaultPrevented(): boolean {
    return this.#state.isCanceled;
  }

  get composed(): boolean {
    return this.#isComposed;
  }

  /** True only for events that the runtime itself sends; programs cannot make one. */
  get isTrusted(): boolean {
    return false;
  }

  get timeStamp(): number {
    return this.#timeStamp;
  }

  initEvent(type: string, bubbles: boolean = false, cancelable: boolean = false): void {
    const state = this.#state;
    if (state.isDispatching) return;
    state.isPropagationStopped = false;
    state.isImmediatelyStopped = false;
    state.isCanceled = false;
    state.target = null;
    this.#type = String(type);
    this.#bubbles = Boolean(bubbles);
    this.#isCancelable = Boolean(cancelable);
  }

  get [Symbol.toStringTag](): string {
    return 'Event';
  }

  static {
    for (const [name, value] of Object.entries({ NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 })) {
      Object.defineProperty(Event, name, { value, enumerable: true });
      Object.defineProperty(Event.prototype, name, { value, enumerable: true });
    }
    stateOf = (event) => event.#state;
    isEvent = (value): value is Event => typeof value === 'object' && value !== null && #state in value;
  }

  declare readonly NONE: 0;
  declare readonly CAPTURING_PHASE: 1;
  declare readonly AT_TARGET: 2;
  declare readonly BUBBLING_PHASE: 3;
}
