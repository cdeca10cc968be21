/**
 * HTML standard §8.7 Timers. One wake-up of the host serves all of them: those due run in order of their deadline,
 * those of one deadline in the order they were set.
 */

import { reportException } from '../globals/report.ts';
import { host } from '../host.ts';
import { Heap } from './heap.ts';

interface Timer {
  readonly id: number;
  readonly callback: (...values: readonly unknown[]) => unknown;
  readonly values: readonly unknown[];
  readonly periodMs: number;
  readonly repeats: boolean;
  deadlineMs: number;
  /** Timers of one deadline run in the order in which they were set. */
  order: number;
}

const timers = new Map<number, Timer>();
/** Cleared timers stay until they come up or are the most of it: looking for each would cost more. */
const queue = new Heap<Timer>((left, right) =>
  left.deadlineMs === right.deadlineMs ? left.order < right.order : left.deadlineMs < right.deadlineMs,
);
let lastId = 0;
let lastOrder = 0;
let wakeMs = Number.POSITIVE_INFINITY;

/** Web IDL `long`: what is not a number of the range is 0, what is negative counts as 0. */
function delayOf(timeout: unknown): number {
  const delayMs = Math.trunc(Number(timeout)) | 0;
  return Math.max(delayMs, 0);
}

function add(callback: unknown, timeout: unknown, values: readonly unknown[], repeats: boolean, name: string): number {
  if (typeof callback !== 'function') {
    throw new TypeError(`${name}: the first argument must be a function; strings are not compiled`);
  }
  const given = delayOf(timeout);
  // An interval of 0 would never let the host's turn come.
  const periodMs = repeats && given < 1 ? 1 : given;
  const timer: Timer = {
    id: ++lastId,
    callback: callback as Timer['callback'],
    values,
    periodMs,
    repeats,
    deadlineMs: host.monotonicMs() + periodMs,
    order: ++lastOrder,
  };
  timers.set(timer.id, timer);
  queue.push(timer);
  if (timer.deadlineMs < wakeMs) wake(timer.deadlineMs);
  return timer.id;
}

function wake(deadlineMs: number): void {
  wakeMs = deadlineMs;
  host.wakeAt(deadlineMs);
}

export function setTimeout(callback: unknown, timeout?: unknown, ...values: readonly unknown[]): number {
  return add(callback, timeout, values, false, 'setTimeout');
}

export function setInterval(callback: unknown, timeout?: unknown, ...values: readonly unknown[]): number {
  return add(callback, timeout, values, true, 'setInterval');
}

/** Fewer cleared timers than this in the queue are not worth clearing away. */
const tolerated = 256;

export function clearTimeout(id?: unknown): void {
  if (!timers.delete(Number(id)) || queue.size < 2 * timers.size + tolerated) return;
  queue.retain((timer) => timers.has(timer.id));
}

/** The two share one list of ids (§8.7): each clears what the other has set. */
export const clearInterval = (id?: unknown): void => clearTimeout(id);

/** The timer that comes next, without those that were cleared. */
function next(): Timer | undefined {
  for (;;) {
    const timer = queue.peek();
    if (timer === undefined || timers.get(timer.id) === timer) return timer;
    queue.pop();
  }
}

/**
 * Runs one timer that is due, if any is, and asks the host to wake again for the next. Only one, so that the glue can run
 * microtasks in between (HTML §8.1.7.3: a checkpoint after each callback). Gives whether one ran.
 */
export function runTimer(): boolean {
  const nowMs = host.monotonicMs();
  const timer = next();
  const isDue = timer !== undefined && timer.deadlineMs <= nowMs;
  if (isDue) run(timer, nowMs);
  wake(next()?.deadlineMs ?? Number.POSITIVE_INFINITY);
  return isDue;
}

function run(timer: Timer, nowMs: number): void {
  queue.pop();
  if (timer.repeats) {
    timer.deadlineMs = nowMs + timer.periodMs;
    timer.order = ++lastOrder;
    queue.push(timer);
  } else timers.delete(timer.id);
  try {
    timer.callback.apply(undefined, timer.values as unknown[]);
  } catch (error) {
    reportException(error);
  }
}
