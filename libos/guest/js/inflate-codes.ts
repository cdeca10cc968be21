// DEFLATE's bits and codes (RFC 1951 §3.2): what a decompression remembers, and how symbols are read of its input. Nothing is waited
// for: what lacks bits says so, and is read again from where it began.

/** There are not as many bits. */
export const STARVED = -1;
export const NEEDS_INPUT: i32 = 0;
export const AT_END: i32 = -1;
export const IS_WRONG: i32 = -2;

const longestCode: i32 = 15;
/** §3.2.5. */
export const longestMatch: i32 = 258;

@unmanaged
export class Inflate {
  input: usize;
  inputLength: i32;
  position: i32;
  bits: u32;
  bitCount: i32;
  wrapping: i32;
  phase: i32;
  isLast: bool;
  /** Bytes left of a stored block. */
  stored: i32;
  /** Output with the window before it, and how much of it has been given. */
  output: usize;
  written: i32;
  given: i32;
  checksum: u32;
  total: u32;
}

/** Behind the record: two tables of codes (16 counts and 288 symbols, u16 each), lengths of a dynamic block (320 bytes), the CRC's table. */
export const codeTableBytes: i32 = 2 * (16 + 288);
const lengthsAt: i32 = 2 * codeTableBytes;
export const crcAt: i32 = lengthsAt + 320;
export const recordBytes: i32 = crcAt + 1024;

// @ts-ignore: decorator
@inline
export function tablesOf(state: Inflate): usize {
  return changetype<usize>(state) + offsetof<Inflate>();
}

/** The next bits, lowest first, STARVED when there are not as many. */
export function take(state: Inflate, count: i32): i32 {
  while (state.bitCount < count) {
    if (state.position == state.inputLength) return STARVED;
    state.bits |= <u32>load<u8>(state.input + state.position++) << state.bitCount;
    state.bitCount += 8;
  }
  const value = <i32>(state.bits & ((1 << count) - 1));
  state.bits >>= count;
  state.bitCount -= count;
  return value;
}

export function toByte(state: Inflate): void {
  const skipped = state.bitCount & 7;
  state.bits >>= skipped;
  state.bitCount -= skipped;
}

/** Canonical codes of these lengths; false when they do not fill the space of codes, or more than fill it. */
function buildCodes(table: usize, lengths: usize, count: i32): bool {
  memory.fill(table, 0, 32);
  for (let symbol = 0; symbol < count; symbol++) {
    const at = table + (<usize>load<u8>(lengths + symbol) << 1);
    store<u16>(at, load<u16>(at) + 1);
  }
  const unused = <i32>load<u16>(table);
  store<u16>(table, 0);
  let left = 1;
  for (let length = 1; length <= longestCode; length++) {
    left = (left << 1) - <i32>load<u16>(table + (length << 1));
    if (left < 0) return false;
  }
  // In the order of length, and of the alphabet within one.
  let index = 0;
  for (let length = 1; length <= longestCode; length++) {
    for (let symbol = 0; symbol < count; symbol++) {
      if (load<u8>(lengths + symbol) == <u8>length) store<u16>(table + 32 + (index++ << 1), <u16>symbol);
    }
  }
  // §3.2.7: one code of one bit may stand alone, or none at all.
  return left == 0 || unused >= count - 1;
}

export function symbolOf(state: Inflate, table: usize): i32 {
  let code = 0;
  let first = 0;
  let index = 0;
  for (let length = 1; length <= longestCode; length++) {
    const bit = take(state, 1);
    if (bit < 0) return STARVED;
    code |= bit;
    const count = <i32>load<u16>(table + (length << 1));
    if (code - count < first) return <i32>load<u16>(table + 32 + ((index + code - first) << 1));
    index += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  return IS_WRONG;
}

/** §3.2.5: base and extra bits of lengths (257 …) and of distances. */
export function lengthOf(state: Inflate, code: i32): i32 {
  if (code < 8) return code + 3;
  if (code == 28) return longestMatch;
  const extra = (code - 4) >> 2;
  const more = take(state, extra);
  return more < 0 ? STARVED : ((4 + (code & 3)) << extra) + 3 + more;
}

export function distanceOf(state: Inflate, code: i32): i32 {
  if (code < 4) return code + 1;
  const extra = (code - 2) >> 1;
  const more = take(state, extra);
  return more < 0 ? STARVED : ((2 + (code & 1)) << extra) + 1 + more;
}

export function fixedCodes(state: Inflate): void {
  const lengths = tablesOf(state) + lengthsAt;
  for (let symbol = 0; symbol < 288; symbol++) {
    store<u8>(lengths + symbol, symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8);
  }
  buildCodes(tablesOf(state), lengths, 288);
  memory.fill(lengths, 5, 30);
  buildCodes(tablesOf(state) + codeTableBytes, lengths, 30);
}

/** Places of the lengths of code lengths (§3.2.7): 16 17 18 0 8 7 9 6 10 5 11 4 12 3 13 2 14 1 15. */
function orderAt(index: i32): i32 {
  if (index < 3) return 16 + index;
  if (index == 3) return 0;
  const step = (index - 4) >> 1;
  return (index & 1) == 0 ? 8 + step : 7 - step;
}

export function dynamicCodes(state: Inflate): i32 {
  const tables = tablesOf(state);
  const lengths = tables + lengthsAt;
  const sizes = take(state, 14);
  if (sizes < 0) return STARVED;
  const literals = (sizes & 31) + 257;
  const distances = ((sizes >> 5) & 31) + 1;
  const codes = (sizes >> 10) + 4;
  if (literals > 286 || distances > 30) return IS_WRONG;
  memory.fill(lengths, 0, 19);
  for (let at = 0; at < codes; at++) {
    const length = take(state, 3);
    if (length < 0) return STARVED;
    store<u8>(lengths + orderAt(at), <u8>length);
  }
  if (!buildCodes(tables, lengths, 19)) return IS_WRONG;
  let at = 0;
  while (at < literals + distances) {
    const symbol = symbolOf(state, tables);
    if (symbol < 0) return symbol;
    if (symbol < 16) {
      store<u8>(lengths + at++, <u8>symbol);
      continue;
    }
    let repeated: u8 = 0;
    if (symbol == 16) {
      if (at == 0) return IS_WRONG;
      repeated = load<u8>(lengths + at - 1);
    }
    const more = take(state, symbol == 16 ? 2 : symbol == 17 ? 3 : 7);
    if (more < 0) return STARVED;
    const count = more + (symbol == 18 ? 11 : 3);
    if (at + count > literals + distances) return IS_WRONG;
    memory.fill(lengths + at, repeated, count);
    at += count;
  }
  // Without an end of the block there is none.
  if (load<u8>(lengths + 256) == 0 || !buildCodes(tables + codeTableBytes, lengths + literals, distances)) return IS_WRONG;
  return buildCodes(tables, lengths, literals) ? 0 : IS_WRONG;
}
