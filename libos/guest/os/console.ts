// Console output, gathered into lines: the tender stamps lines, and one machine call per line (or per wait) is cheap.

import * as machine from "./machine";
import { fromApplication } from "./bridge";

const capacity: i32 = 4096;
const buffer = memory.data(4096);
let used: i32 = 0;

/** The rest of an unfinished line goes out before every wait and at the end. */
export function flushConsole(): void {
  if (used == 0) return;
  machine.console_write(buffer, used);
  used = 0;
}

/** From the application: append bytes; whole lines go out when the buffer is full or the instance waits. */
export function console_write(applicationPtr: u32, len: i32): void {
  while (len > 0) {
    const part = min(len, capacity - used);
    fromApplication(buffer + used, applicationPtr, part);
    used += part;
    applicationPtr += part;
    len -= part;
    if (used == capacity) flushConsole();
  }
}
