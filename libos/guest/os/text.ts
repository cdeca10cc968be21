// Writing ASCII. String literals are static UTF-16; each writer returns the position after what it wrote.

// @ts-ignore: decorator
@inline export const CR: u8 = 13;
// @ts-ignore: decorator
@inline export const LF: u8 = 10;
// @ts-ignore: decorator
@inline export const SPACE: u8 = 32;
// @ts-ignore: decorator
@inline export const TAB: u8 = 9;

export function writeText(to: usize, text: string): usize {
  const from = changetype<usize>(text);
  const length = text.length;
  for (let i = 0; i < length; i++) store<u8>(to + i, load<u8>(from + (i << 1)));
  return to + length;
}

export function writeDecimal(to: usize, value: u32): usize {
  let digits = 1;
  for (let rest = value / 10; rest != 0; rest /= 10) digits++;
  let at = to + digits;
  do {
    store<u8>(--at, <u8>(48 + (value % 10)));
    value /= 10;
  } while (value != 0);
  return to + digits;
}

export function writeTwoDigits(to: usize, value: u32): usize {
  store<u8>(to, <u8>(48 + value / 10));
  store<u8>(to, <u8>(48 + (value % 10)), 1);
  return to + 2;
}

/** Lower-case hexadecimal without leading zeros. */
export function writeHexadecimal(to: usize, value: u32): usize {
  const digits = max<i32>(1, (35 - <i32>clz<u32>(value)) >> 2);
  for (let i = digits - 1; i >= 0; i--) {
    const digit = value & 15;
    store<u8>(to + i, <u8>(digit < 10 ? 48 + digit : 87 + digit));
    value >>= 4;
  }
  return to + digits;
}

/** ASCII without regard to case; `text` must be lower case. */
export function equalsIgnoringCase(ptr: usize, length: i32, text: string): bool {
  if (length != text.length) return false;
  const other = changetype<usize>(text);
  for (let i = 0; i < length; i++) {
    let c = load<u8>(ptr + i);
    if (c - 65 < 26) c |= 32;
    if (c != load<u8>(other + (i << 1))) return false;
  }
  return true;
}

export function equals(ptr: usize, length: i32, text: string): bool {
  if (length != text.length) return false;
  const other = changetype<usize>(text);
  for (let i = 0; i < length; i++) {
    if (load<u8>(ptr + i) != load<u8>(other + (i << 1))) return false;
  }
  return true;
}
