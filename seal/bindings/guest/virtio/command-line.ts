// The words of the kernel command line: `env.NAME=VALUE`, `idle_ns=NUMBER`, `virtio_mmio.device=SIZE@ADDRESS:IRQ`
// (docs/virtio.md). It lies behind the boot block, read-only.

import { boot, COMMAND_LINE, COMMAND_LINE_BYTES, peek8 } from './machine';

const BLANK = 0x20;

export function lineStart(): i64 {
  return boot(COMMAND_LINE);
}

export function lineEnd(): i64 {
  return boot(COMMAND_LINE) + boot(COMMAND_LINE_BYTES);
}

/** Where the next word from `at` on begins; the line's end when there is none. */
export function nextWord(at: i64): i64 {
  const end = lineEnd();
  while (at < end && peek8(at) <= BLANK) at++;
  return at;
}

export function wordEnd(at: i64): i64 {
  const end = lineEnd();
  while (at < end && peek8(at) > BLANK) at++;
  return at;
}

/** Address behind `name` when the word at `at` begins with it, else 0. */
export function behind(at: i64, name: string): i64 {
  const end = lineEnd();
  const length = name.length;
  if (end - at < <i64>length) return 0;
  for (let i = 0; i < length; i++) {
    if (peek8(at + i) != name.charCodeAt(i)) return 0;
  }
  return at + length;
}

function digit(byte: i32): i32 {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : 99;
}

/** Where the number read last ended. */
export let numberEnd: i64 = 0;

/** A decimal number, or a hexadecimal one after 0x. */
export function number(at: i64): i64 {
  let base = 10;
  if (behind(at, '0x') != 0) {
    base = 16;
    at += 2;
  }
  let value: i64 = 0;
  const end = lineEnd();
  for (; at < end; at++) {
    const next = digit(peek8(at));
    if (next >= base) break;
    value = value * base + next;
  }
  numberEnd = at;
  return value;
}

/** The byte of a value at `at`; `%XX` stands for a byte of its own. Sets `valueEnd` to where the next one is. */
export let valueEnd: i64 = 0;
export function valueByte(at: i64): i32 {
  const byte = peek8(at);
  if (byte == 0x25 && lineEnd() - at > 2) {
    const high = digit(peek8(at + 1));
    const low = digit(peek8(at + 2));
    if (high < 16 && low < 16) {
      valueEnd = at + 3;
      return (high << 4) | low;
    }
  }
  valueEnd = at + 1;
  return byte;
}
