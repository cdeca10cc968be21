// One deadline and one callback: the application keeps its own list of timers and arms the earliest.

import { callApplication } from "./bridge";
import { now } from "./clock";

export let timerDeadline: i64 = i64.MAX_VALUE;
let timerFunction: i32 = 0;

/** `deadline` in monotonic nanoseconds; the largest i64 disarms. */
export function timer_arm(functionIndex: i32, deadline: i64): void {
  timerFunction = functionIndex;
  timerDeadline = deadline;
}

export function fireTimer(): void {
  if (now < timerDeadline) return;
  timerDeadline = i64.MAX_VALUE;
  callApplication(timerFunction, 0, 0);
}
