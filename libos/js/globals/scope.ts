/**
 * HTML standard §8.1.8.2: the global object as the target of `error`, `unhandledrejection` and `rejectionhandled`.
 * In the image only when the program names one of these members.
 */

import { ErrorEvent } from '../events/error-event.ts';
import type { Event } from '../events/event.ts';
import { EventTarget, HandlerAttribute } from '../events/event-target.ts';
import { PromiseRejectionEvent } from '../events/promise-rejection-event.ts';
import { listen } from './report.ts';

const scope = new EventTarget();

export const addEventListener = scope.addEventListener.bind(scope);
export const removeEventListener = scope.removeEventListener.bind(scope);
export const dispatchEvent = scope.dispatchEvent.bind(scope);

type ErrorHandler = (message: string, source: string, line: number, column: number, error: unknown) => unknown;

let errorHandler: ErrorHandler | null = null;
const handlers = {
  onunhandledrejection: new HandlerAttribute(scope, 'unhandledrejection'),
  onrejectionhandled: new HandlerAttribute(scope, 'rejectionhandled'),
};

// §8.1.8.1: onerror alone takes five arguments, and true, not false, means that it is dealt with.
scope.addEventListener('error', (event) => {
  if (errorHandler === null || !(event instanceof ErrorEvent)) return;
  const { message, filename, lineno, colno, error } = event;
  if (errorHandler(message, filename, lineno, colno, error) === true) event.preventDefault();
});

Object.defineProperty(globalThis, 'onerror', {
  configurable: true,
  enumerable: true,
  get: () => errorHandler,
  set: (handler: unknown) => {
    errorHandler = typeof handler === 'function' ? (handler as ErrorHandler) : null;
  },
});

for (const [name, attribute] of Object.entries(handlers)) {
  Object.defineProperty(globalThis, name, {
    configurable: true,
    enumerable: true,
    get: () => attribute.get(),
    set: (handler: unknown) => attribute.set(handler),
  });
}

/** Line and column of the first frame, as engines write it at its end: `(file.js:12:34)`. */
const place = /([^\s(]+):([0-9]+):([0-9]+)\)?\s*$/m;

function errorEvent(error: unknown): ErrorEvent {
  const match = error instanceof Error ? place.exec(error.stack ?? '') : null;
  return new ErrorEvent('error', {
    cancelable: true,
    message: error instanceof Error ? `Uncaught ${String(error)}` : 'Uncaught exception',
    filename: match?.[1] ?? '',
    lineno: Number(match?.[2] ?? 0),
    colno: Number(match?.[3] ?? 0),
    error,
  });
}

/** True when a listener has called preventDefault. */
const send = (event: Event): boolean => !scope.dispatchEvent(event);

listen({
  error: (error) => send(errorEvent(error)),
  unhandledRejection: (promise, reason) =>
    send(new PromiseRejectionEvent('unhandledrejection', { cancelable: true, promise, reason })),
  rejectionHandled: (promise, reason) => {
    send(new PromiseRejectionEvent('rejectionhandled', { promise, reason }));
  },
});
