// Finds the end of a request head (RFC 9112 §2.1) in bytes that arrive in any pieces. It remembers how far it looked,
// so a head sent byte by byte costs no more than one sent at once. Pure: touches only its arguments.

import { CR, LF } from "../text";

export const lineLimit: i32 = 8192;
export const headLimit: i32 = 32768 + 8192;
export const fieldLimit: i32 = 100;

@unmanaged
export class HeadScan {
  position: i32;
  lineStart: i32;
  lines: i32;
}

export function resetScan(scan: HeadScan): void {
  scan.position = 0;
  scan.lineStart = 0;
  scan.lines = 0;
}

/**
 * Length of the head with its empty line, 0 when more bytes are needed, or minus the status to refuse with.
 * A line ends in CRLF and nothing else: a bare LF is where two parsers can disagree about one message (§11.2).
 */
export function findHead(scan: HeadScan, base: usize, length: i32): i32 {
  let at = scan.position;
  let lineStart = scan.lineStart;
  let lines = scan.lines;
  while (at < length) {
    if (at + 8 <= length) {
      // Eight bytes at a time: is any of them LF? (a zero byte in the difference)
      const difference = load<u64>(base + at) ^ 0x0a0a0a0a0a0a0a0a;
      const zeros = (difference - 0x0101010101010101) & ~difference & 0x8080808080808080;
      if (zeros == 0) {
        at += 8;
        continue;
      }
      at += <i32>(ctz(zeros) >> 3);
    } else if (load<u8>(base + at) != LF) {
      at++;
      continue;
    }
    if (at == lineStart || load<u8>(base + at - 1) != CR) return -400;
    if (at - 1 == lineStart) return lines == 0 ? -400 : at + 1 > headLimit ? -431 : at + 1;
    if (lines == 0 && at - lineStart > lineLimit) return -414;
    if (++lines > fieldLimit + 1) return -431;
    lineStart = ++at;
  }
  scan.position = at;
  scan.lineStart = lineStart;
  scan.lines = lines;
  if (lines == 0 && at > lineLimit) return -414;
  if (at > headLimit) return -431;
  return 0;
}
