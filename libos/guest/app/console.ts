/** The console: lines of the instance's log. The name `console` is also global, as everywhere in TypeScript. */

import { console_write } from "./os";

function write(level: string, message: string): void {
  const line = String.UTF8.encode(level + message + "\n");
  console_write(changetype<usize>(line), line.byteLength);
}

export namespace console {
  export function log(message: string = ""): void {
    write("", message);
  }
  export function debug(message: string = ""): void {
    write("", message);
  }
  export function info(message: string = ""): void {
    write("", message);
  }
  export function warn(message: string = ""): void {
    write("warning: ", message);
  }
  export function error(message: string = ""): void {
    write("error: ", message);
  }
  export function assert<T>(condition: T, message: string = ""): void {
    if (!condition) write("assertion failed: ", message);
  }
}
