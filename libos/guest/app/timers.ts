/** Timers. Callbacks run between events, one at a time, never earlier than asked for. */

import { clock_monotonic, timer_arm } from "./os";

class Timer {
  constructor(
    public id: i32,
    public deadline: i64,
    /** Nanoseconds; 0: once. */
    public period: i64,
    public callback: () => void,
  ) {}
}

/** Sorted by deadline. */
const timers = new Array<Timer>();
let lastId: i32 = 0;

function insert(timer: Timer): void {
  let at = timers.length;
  timers.push(timer);
  while (at > 0 && timers[at - 1].deadline > timer.deadline) {
    timers[at] = timers[at - 1];
    at--;
  }
  timers[at] = timer;
}

function armNext(): void {
  const fire = (_first: i32, _second: i32): void => run();
  timer_arm(fire.index, timers.length > 0 ? timers[0].deadline : i64.MAX_VALUE);
}

function run(): void {
  const now = clock_monotonic();
  while (timers.length > 0 && timers[0].deadline <= now) {
    const timer = timers.shift();
    if (timer.period > 0) {
      // A late period is not made up for: the next one counts from now.
      timer.deadline = max(timer.deadline + timer.period, now);
      insert(timer);
      if (timer.deadline == now) timer.deadline++;
    }
    timer.callback();
  }
  armNext();
}

function start(callback: () => void, milliseconds: f64, repeats: bool): i32 {
  const nanoseconds = <i64>(max(milliseconds, 0) * 1e6);
  const timer = new Timer(++lastId, clock_monotonic() + nanoseconds, repeats ? max<i64>(nanoseconds, 1_000_000) : 0, callback);
  insert(timer);
  armNext();
  return timer.id;
}

export function setTimeout(callback: () => void, milliseconds: f64 = 0): i32 {
  return start(callback, milliseconds, false);
}

/** At least one millisecond apart. */
export function setInterval(callback: () => void, milliseconds: f64): i32 {
  return start(callback, milliseconds, true);
}

export function clearTimeout(id: i32): void {
  for (let i = 0; i < timers.length; i++) {
    if (timers[i].id != id) continue;
    timers.splice(i, 1);
    armNext();
    return;
  }
}

export function clearInterval(id: i32): void {
  clearTimeout(id);
}
