/**
 * HTML standard §8.1.4.4 report an exception, and §8.1.7.5 unhandled promise rejections. What happens to a report is
 * a line on the console, unless the program listens for it (`globals/scope.ts`, in the image only when it is named).
 */

import { host } from '../host.ts';

/** Gives true when the program has dealt with it (`event.preventDefault()`). */
export type ReportListener = {
  error(error: unknown): boolean;
  unhandledRejection(promise: Promise<unknown>, reason: unknown): boolean;
  rejectionHandled(promise: Promise<unknown>, reason: unknown): void;
};

let listener: ReportListener | null = null;

export function listen(given: ReportListener): void {
  listener = given;
}

/** An error with its stack, anything else as text; engines differ in whether the stack repeats the message. */
export function describeThrown(thrown: unknown): string {
  if (!(thrown instanceof Error)) {
    try {
      return typeof thrown === 'object' && thrown !== null
        ? (JSON.stringify(thrown) ?? String(thrown))
        : String(thrown);
    } catch {
      return 'a value that cannot be shown';
    }
  }
  const head = String(thrown);
  const stack = typeof thrown.stack === 'string' ? thrown.stack : '';
  let text = stack.startsWith(head) ? stack : stack === '' ? head : `${head}\n${stack}`;
  if (thrown.cause !== undefined) text = `${text.trimEnd()}\ncaused by: ${describeThrown(thrown.cause)}`;
  return text.trimEnd();
}

/** Set while a listener runs: an error in it goes to the console instead of round in a circle. */
let isReporting = false;

function tell(prefix: string, thrown: unknown, ask: (to: ReportListener) => boolean): void {
  if (listener !== null && !isReporting) {
    isReporting = true;
    try {
      if (ask(listener)) return;
    } finally {
      isReporting = false;
    }
  }
  host.consoleWrite(`${prefix} ${describeThrown(thrown)}`, 'error');
}

export function reportException(error: unknown): void {
  tell('Uncaught', error, (to) => to.error(error));
}

/** For the glue: a promise was rejected and nobody has asked for its result by the end of the turn. */
export function reportUnhandled(promise: Promise<unknown>, reason: unknown): void {
  tell('Unhandled rejection:', reason, (to) => to.unhandledRejection(promise, reason));
}

/** For the glue: somebody has, after it had been reported. */
export function reportHandled(promise: Promise<unknown>, reason: unknown): void {
  listener?.rejectionHandled(promise, reason);
}

/** HTML §8.1.4.5 reportError. */
export function reportError(error: unknown): void {
  if (arguments.length === 0) throw new TypeError('reportError: the value is missing');
  reportException(error);
}
