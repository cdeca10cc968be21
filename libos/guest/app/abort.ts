/** Where AssemblyScript goes when an exception is thrown or an assertion fails: say so, then trap. */

import { console_write } from "./os";

// Lazy: an abort in the start-up code of another file must find them.
// @ts-ignore: decorator
@lazy const buffer = memory.data(512);
// @ts-ignore: decorator
@lazy let used: usize = 0;

// No allocation: the reason may be that memory is exhausted.
function put(text: string): void {
  const length = min<i32>(text.length, <i32>(500 - used) / 3);
  if (length <= 0) return;
  used += String.UTF8.encodeUnsafe(changetype<usize>(text), length, buffer + used);
}

function putNumber(value: u32): void {
  if (value >= 10) putNumber(value / 10);
  if (used < 500) store<u8>(buffer + used++, <u8>(48 + (value % 10)));
}

export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  used = 0;
  put("error: ");
  put(message ? message : "abort");
  put(" at ");
  if (file) put(file);
  put(":");
  putNumber(line);
  put(":");
  putNumber(column);
  put("\n");
  console_write(buffer, <i32>used);
  unreachable();
}
