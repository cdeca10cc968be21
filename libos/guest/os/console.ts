// Console output, gathered into lines: the tender stamps lines. A line goes out as soon as it ends, so that what was said
// before a trap is in the log.

import * as machine from "./machine";
import { fromApplication } from "./bridge";
import { consoleBuffer, consoleBytes } from "./scratch";
import { LF } from "./text";

let used: i32 = 0;

/** The rest of an unfinished line goes out before every wait and at the end. */
export function flushConsole(): void {
  if (used == 0) return;
  machine.console_write(consoleBuffer(), used);
  used = 0;
}

/** From the application: append bytes. */
export function console_write(applicationPtr: u32, len: i32): void {
  while (len > 0) {
    const part = min(len, consoleBytes - used);
    fromApplication(consoleBuffer() + used, applicationPtr, part);
    used += part;
    applicationPtr += part;
    len -= part;
    if (used == consoleBytes) flushConsole();
  }
  if (used > 0 && load<u8>(consoleBuffer() + used - 1) == LF) flushConsole();
}
