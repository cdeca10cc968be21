declare function setTimeout<Values extends unknown[]>(
  callback: (...values: Values) => unknown,
  timeoutMs?: number,
  ...values: Values
): number;
declare function setInterval<Values extends unknown[]>(
  callback: (...values: Values) => unknown,
  timeoutMs?: number,
  ...values: Values
): number;
declare function clearTimeout(id?: number): void;
declare function clearInterval(id?: number): void;
declare function queueMicrotask(callback: () => void): void;

interface StructuredSerializeOptions {
  transfer?: readonly object[] | undefined;
}

declare function structuredClone<Value>(value: Value, options?: StructuredSerializeOptions | null): Value;

declare function reportError(error: unknown): void;

declare var onerror:
  | ((message: string, source: string, line: number, column: number, error: unknown) => unknown)
  | null;
declare var onunhandledrejection: ((event: PromiseRejectionEvent) => unknown) | null;
declare var onrejectionhandled: ((event: PromiseRejectionEvent) => unknown) | null;

declare function addEventListener(
  type: 'error',
  callback: ((event: ErrorEvent) => void) | null,
  options?: boolean | AddEventListenerOptions,
): void;
declare function addEventListener(
  type: 'unhandledrejection' | 'rejectionhandled',
  callback: ((event: PromiseRejectionEvent) => void) | null,
  options?: boolean | AddEventListenerOptions,
): void;
declare function addEventListener(
  type: string,
  callback: EventListenerOrEventListenerObject | null,
  options?: boolean | AddEventListenerOptions,
): void;
declare function removeEventListener(
  type: string,
  callback: EventListenerOrEventListenerObject | null,
  options?: boolean | EventListenerOptions,
): void;
declare function dispatchEvent(event: Event): boolean;

declare var self: typeof globalThis;

interface Navigator {
  readonly hardwareConcurrency: number;
  readonly language: string;
  readonly languages: readonly string[];
  readonly userAgent: string;
}

declare var navigator: Navigator;

declare class Performance extends EventTarget {
  private constructor();
  /** When the instance started, in milliseconds since 1970. */
  readonly timeOrigin: number;
  /** Milliseconds since the instance started. */
  now(): number;
  toJSON(): { readonly timeOrigin: number };
}

declare var performance: Performance;
