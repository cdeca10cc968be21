/** Builds one text at a time in a fixed buffer; what does not fit is left out. */
import { memoryEnd } from './layout';

let start: usize = 0;
let end: usize = 0;
let limit: usize = memoryEnd;

export function beginText(buffer: usize, capacity: usize): void {
  start = buffer;
  end = buffer;
  limit = buffer + capacity;
}

export function textLength(): usize {
  return end - start;
}

export function appendByte(byte: i32): void {
  if (end >= limit) return;
  store<u8>(end, byte);
  end += 1;
}

export function append(text: string): void {
  for (let i = 0, length = text.length; i < length; i++) appendByte(load<u16>(changetype<usize>(text) + (<usize>i << 1)));
}

export function appendBytes(pointer: usize, length: usize): void {
  for (let i: usize = 0; i < length; i++) appendByte(load<u8>(pointer + i));
}

export function appendNumber(value: u64): void {
  let divisor: u64 = 1;
  while (value / divisor >= 10) divisor *= 10;
  for (; divisor > 0; divisor /= 10) appendByte(48 + <i32>((value / divisor) % 10));
}

/** With leading zeros. */
export function appendDigits(value: u64, digits: i32): void {
  let divisor: u64 = 1;
  for (let i = 1; i < digits; i++) divisor *= 10;
  for (; divisor > 0; divisor /= 10) appendByte(48 + <i32>((value / divisor) % 10));
}

export function appendHex(value: u64): void {
  append('0x');
  let shift: i32 = 60;
  while (shift > 0 && value >> shift == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) {
    const digit = <i32>((value >> shift) & 15);
    appendByte(digit < 10 ? 48 + digit : 87 + digit);
  }
}
