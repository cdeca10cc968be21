// Decompresses bodies of responses: DEFLATE (RFC 1951) in the wrappings of gzip (RFC 1952) and zlib (RFC 1950), checksums checked.
// Input comes in any pieces: what ends in the midst of a symbol or a head is read again from its start when there is more. All state
// lies in one block of the engine's heap.

import { free, malloc } from "./engine";
import {
  AT_END, codeTableBytes, crcAt, distanceOf, dynamicCodes, fixedCodes, Inflate, IS_WRONG, lengthOf, longestMatch, NEEDS_INPUT, recordBytes, STARVED,
  symbolOf, tablesOf, take, toByte,
} from "./inflate-codes";

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

const windowBytes: i32 = 32768;
const outputBytes: i32 = 65536;

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
