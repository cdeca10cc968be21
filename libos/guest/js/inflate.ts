// Decompresses bodies of responses: DEFLATE (RFC 1951) in the wrappings of gzip (RFC 1952) and zlib (RFC 1950), checksums checked.
// Input comes in any pieces: what ends in the midst of a symbol or a head is read again from its start when there is more. All state
// lies in one block of the engine's heap.

import { free, malloc } from "./engine";

const RAW = 0;
const ZLIB = 1;
const GZIP = 2;
/** `deflate` is zlib as it is meant, and raw as some servers send it. */
const ZLIB_OR_RAW = 3;

const PHASE_HEAD = 0;
const PHASE_BLOCK = 1;
const PHASE_STORED = 2;
const PHASE_CODES = 3;
const PHASE_TRAILER = 4;
const PHASE_END = 5;

/** Results of a step besides 0. */
const STARVED = -1;
export const NEEDS_INPUT: i32 = 0;
export const AT_END: i32 = -1;
export const IS_WRONG: i32 = -2;

const windowBytes: i32 = 32768;
const outputBytes: i32 = 65536;
const longestMatch: i32 = 258;
const longestCode: i32 = 15;

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
const codeTableBytes: i32 = 2 * (16 + 288);
const lengthsAt: i32 = 2 * codeTableBytes;
const crcAt: i32 = lengthsAt + 320;
const recordBytes: i32 = crcAt + 1024;

// @ts-ignore: decorator
@inline
function tablesOf(state: Inflate): usize {
  return changetype<usize>(state) + offsetof<Inflate>();
}

/** Null when there is no memory. */
export function openInflate(isGzip: bool): Inflate | null {
  const block = malloc(<i32>offsetof<Inflate>() + recordBytes);
  const output = malloc(windowBytes + outputBytes + longestMatch);
  if (block == 0 || output == 0) {
    if (block != 0) free(block);
    if (output != 0) free(output);
    return null;
  }
  memory.fill(block, 0, offsetof<Inflate>() + recordBytes);
  const state = changetype<Inflate>(block);
  state.output = output;
  state.wrapping = isGzip ? GZIP : ZLIB_OR_RAW;
  for (let byte: u32 = 0; byte < 256; byte++) {
    let rest = byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest & 1) != 0 ? (rest >> 1) ^ 0xedb88320 : rest >> 1;
    store<u32>(tablesOf(state) + crcAt + (byte << 2), rest);
  }
  return state;
}

export function closeInflate(state: Inflate): void {
  if (state.input != 0) free(state.input);
  free(state.output);
  free(changetype<usize>(state));
}

/** Takes over `block` of the engine's heap; false when there is no memory. */
export function push(state: Inflate, block: usize, length: i32): bool {
  const left = state.inputLength - state.position;
  if (left == 0) {
    if (state.input != 0) free(state.input);
    state.input = block;
    state.inputLength = length;
    state.position = 0;
    return true;
  }
  const joined = malloc(left + length);
  if (joined == 0) return false;
  memory.copy(joined, state.input + state.position, left);
  memory.copy(joined + left, block, length);
  free(state.input);
  free(block);
  state.input = joined;
  state.inputLength = left + length;
  state.position = 0;
  return true;
}

/** The next bits, lowest first, STARVED when there are not as many. */
function take(state: Inflate, count: i32): i32 {
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

function toByte(state: Inflate): void {
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

function symbolOf(state: Inflate, table: usize): i32 {
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
function lengthOf(state: Inflate, code: i32): i32 {
  if (code < 8) return code + 3;
  if (code == 28) return longestMatch;
  const extra = (code - 4) >> 2;
  const more = take(state, extra);
  return more < 0 ? STARVED : ((4 + (code & 3)) << extra) + 3 + more;
}

function distanceOf(state: Inflate, code: i32): i32 {
  if (code < 4) return code + 1;
  const extra = (code - 2) >> 1;
  const more = take(state, extra);
  return more < 0 ? STARVED : ((2 + (code & 1)) << extra) + 1 + more;
}

function fixedCodes(state: Inflate): void {
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

function dynamicCodes(state: Inflate): i32 {
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

function blockHead(state: Inflate): i32 {
  const kind = take(state, 3);
  if (kind < 0) return STARVED;
  state.isLast = (kind & 1) != 0;
  if (kind >> 1 == 3) return IS_WRONG;
  if (kind >> 1 == 0) {
    toByte(state);
    const length = take(state, 16);
    const complement = length < 0 ? STARVED : take(state, 16);
    if (complement < 0) return STARVED;
    if ((length ^ complement) != 0xffff) return IS_WRONG;
    state.stored = length;
    state.phase = PHASE_STORED;
    return 0;
  }
  if (kind >> 1 == 1) {
    fixedCodes(state);
  } else {
    const outcome = dynamicCodes(state);
    if (outcome < 0) return outcome;
  }
  state.phase = PHASE_CODES;
  return 0;
}

// @ts-ignore: decorator
@inline
function isFull(state: Inflate): bool {
  return state.written >= windowBytes + outputBytes;
}

function endBlock(state: Inflate): void {
  state.phase = state.isLast ? PHASE_TRAILER : PHASE_BLOCK;
}

function storedBytes(state: Inflate): i32 {
  while (state.stored > 0 && !isFull(state)) {
    const byte = take(state, 8);
    if (byte < 0) return STARVED;
    store<u8>(state.output + state.written++, <u8>byte);
    state.stored--;
  }
  if (state.stored == 0) endBlock(state);
  return 0;
}

/** One symbol, with the distance that goes with it. */
function symbolBytes(state: Inflate): i32 {
  const symbol = symbolOf(state, tablesOf(state));
  if (symbol < 0) return symbol;
  if (symbol < 256) {
    store<u8>(state.output + state.written++, <u8>symbol);
    return 0;
  }
  if (symbol == 256) {
    endBlock(state);
    return 0;
  }
  if (symbol > 285) return IS_WRONG;
  const length = lengthOf(state, symbol - 257);
  if (length < 0) return STARVED;
  const code = symbolOf(state, tablesOf(state) + codeTableBytes);
  if (code < 0) return code;
  if (code > 29) return IS_WRONG;
  const distance = distanceOf(state, code);
  if (distance < 0) return STARVED;
  if (<u32>distance > state.total + <u32>(state.written - state.given)) return IS_WRONG;
  let to = state.output + state.written;
  // Byte by byte: what is copied may be what has just been written.
  const end = to + length;
  for (; to < end; to++) store<u8>(to, load<u8>(to - distance));
  state.written += length;
  return 0;
}

/** RFC 1952 §2.3, RFC 1950 §2.2. */
function head(state: Inflate): i32 {
  const start = state.input + state.position;
  const available = state.inputLength - state.position;
  if (available < 2) return STARVED;
  const first = <i32>load<u8>(start);
  const second = <i32>load<u8>(start, 1);
  if (state.wrapping == ZLIB_OR_RAW) state.wrapping = (first & 15) == 8 ? ZLIB : RAW;
  let length = 0;
  if (state.wrapping == ZLIB) {
    // No dictionary: nobody has agreed on one.
    if ((first & 15) != 8 || ((first << 8) | second) % 31 != 0 || (second & 32) != 0) return IS_WRONG;
    length = 2;
  } else if (state.wrapping == GZIP) {
    if (first != 0x1f || second != 0x8b) return IS_WRONG;
    if (available < 10) return STARVED;
    const flags = <i32>load<u8>(start, 3);
    if (load<u8>(start, 2) != 8 || (flags & 0xe0) != 0) return IS_WRONG;
    length = 10;
    if ((flags & 4) != 0) {
      if (available < 12) return STARVED;
      length += 2 + <i32>load<u16>(start, 10);
    }
    // Name and comment end in a NUL.
    for (let texts = ((flags >> 3) & 1) + ((flags >> 4) & 1); texts > 0; texts--) {
      do {
        if (length >= available) return STARVED;
      } while (load<u8>(start + length++) != 0);
    }
    if ((flags & 2) != 0) length += 2;
    if (length > available) return STARVED;
  }
  state.position += length;
  state.checksum = state.wrapping == ZLIB ? 1 : 0;
  state.phase = PHASE_BLOCK;
  return 0;
}

function trailer(state: Inflate): i32 {
  // The checksum is that of all there is: what is not given yet is given before.
  toByte(state);
  if (state.wrapping != RAW) {
    const low = take(state, 16);
    const high = low < 0 ? STARVED : take(state, 16);
    if (high < 0) return STARVED;
    if (state.wrapping == ZLIB) {
      if (bswap<u32>(<u32>low | (<u32>high << 16)) != state.checksum) return IS_WRONG;
    } else {
      const lengthLow = take(state, 16);
      const lengthHigh = lengthLow < 0 ? STARVED : take(state, 16);
      if (lengthHigh < 0) return STARVED;
      if ((<u32>low | (<u32>high << 16)) != state.checksum) return IS_WRONG;
      if ((<u32>lengthLow | (<u32>lengthHigh << 16)) != state.total) return IS_WRONG;
    }
  }
  // RFC 1952 §2.2: more members may follow; anything else behind the end is not looked at.
  const left = state.inputLength - state.position + (state.bitCount >> 3);
  const isNext = state.wrapping == GZIP && left >= 2 && peek(state, 0) == 0x1f && peek(state, 1) == 0x8b;
  if (isNext) {
    state.position -= state.bitCount >> 3;
    state.bits = 0;
    state.bitCount = 0;
    state.total = 0;
  }
  state.phase = isNext ? PHASE_HEAD : PHASE_END;
  return 0;
}

function peek(state: Inflate, at: i32): i32 {
  return <i32>load<u8>(state.input + state.position - (state.bitCount >> 3) + at);
}

function step(state: Inflate): i32 {
  switch (state.phase) {
    case PHASE_HEAD: return head(state);
    case PHASE_BLOCK: return blockHead(state);
    case PHASE_STORED: return storedBytes(state);
    case PHASE_CODES: return symbolBytes(state);
    default: return trailer(state);
  }
}

function updateChecksum(state: Inflate, from: usize, length: i32): void {
  state.total += <u32>length;
  if (state.wrapping == ZLIB) {
    let low = state.checksum & 0xffff;
    let high = state.checksum >> 16;
    for (let at = 0; at < length; at++) {
      low = (low + load<u8>(from + at)) % 65521;
      high = (high + low) % 65521;
    }
    state.checksum = (high << 16) | low;
  } else if (state.wrapping == GZIP) {
    const table = tablesOf(state) + crcAt;
    let crc = ~state.checksum;
    for (let at = 0; at < length; at++) crc = (crc >> 8) ^ load<u32>(table + (((crc ^ load<u8>(from + at)) & 255) << 2));
    state.checksum = ~crc;
  }
}

/** What there is to give, its length above 0, or one of the results. */
export function pull(state: Inflate): i32 {
  while (state.phase != PHASE_END) {
    if (isFull(state) || (state.phase == PHASE_TRAILER && state.written > state.given)) break;
    const position = state.position;
    const bits = state.bits;
    const bitCount = state.bitCount;
    const written = state.written;
    const outcome = step(state);
    if (outcome == 0) continue;
    if (outcome == IS_WRONG) return IS_WRONG;
    // A stored block keeps what it has; anything else is read again from its start.
    if (state.phase != PHASE_STORED) {
      state.position = position;
      state.bits = bits;
      state.bitCount = bitCount;
      state.written = written;
    }
    break;
  }
  const length = state.written - state.given;
  if (length > 0) {
    updateChecksum(state, state.output + state.given, length);
    return length;
  }
  return state.phase == PHASE_END ? AT_END : NEEDS_INPUT;
}

/** Copies what `pull` gave, and makes room for more: the window stays. */
export function giveOutput(state: Inflate, to: usize): void {
  memory.copy(to, state.output + state.given, state.written - state.given);
  const kept = min(state.written, windowBytes);
  if (state.written > windowBytes) {
    memory.copy(state.output, state.output + state.written - kept, kept);
    state.written = kept;
  }
  state.given = state.written;
}
