// Decodes a chunked body (RFC 9112 §7.1) in place: the data of the chunks moves together at the front of the buffer.
// Pure state machine over bytes that arrive in any pieces.

import { CR, LF, SPACE, TAB } from "../text";

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILER_START = 6;
const TRAILER = 7;
const TRAILER_LF = 8;
const END_LF = 9;
const FINISHED = 10;

/** Chunk extensions and trailers carry nothing we use: they may be there, not many. */
const overheadLimit: i32 = 8192;

@unmanaged
export class Chunks {
  state: i32;
  /** Digits of the size read so far, or bytes left of the chunk. */
  digits: i32;
  remaining: i32;
  /** Bytes of extensions and trailers. */
  overhead: i32;
  /** Decoded bytes at the front of the body. */
  written: i32;
}

export function resetChunks(chunks: Chunks): void {
  memory.fill(changetype<usize>(chunks), 0, offsetof<Chunks>());
}

export function chunksFinished(chunks: Chunks): bool {
  return chunks.state == FINISHED;
}

/**
 * Decode `base[from .. to)`; decoded bytes go to `base[chunks.written ..)`. Returns the position after the last byte
 * used (all of them, unless the body ended), or minus the status to refuse with.
 */
export function decodeChunks(chunks: Chunks, base: usize, from: i32, to: i32, limit: i32): i32 {
  let at = from;
  while (at < to && chunks.state != FINISHED) {
    if (chunks.state == DATA) {
      const part = min(chunks.remaining, to - at);
      memory.copy(base + chunks.written, base + at, part);
      chunks.written += part;
      chunks.remaining -= part;
      at += part;
      if (chunks.remaining == 0) chunks.state = DATA_CR;
      continue;
    }
    const c = load<u8>(base + at++);
    switch (chunks.state) {
      case SIZE: {
        let digit = <u32>c - 48;
        if (digit > 9) {
          digit = (<u32>c | 32) - 97;
          digit = digit < 6 ? digit + 10 : 16;
        }
        if (digit < 16) {
          // Seven digits hold more than any limit; leading zeros are no way to send forever.
          if (++chunks.digits > 7) return -413;
          chunks.remaining = (chunks.remaining << 4) | digit;
          break;
        }
        if (chunks.digits == 0) return -400;
        if (c == CR) chunks.state = SIZE_LF;
        else if (c == 59 || c == SPACE || c == TAB) chunks.state = EXTENSION;
        else return -400;
        break;
      }
      case EXTENSION: {
        if (c == CR) chunks.state = SIZE_LF;
        else if ((c < 32 && c != TAB) || c == 127) return -400;
        else if (++chunks.overhead > overheadLimit) return -431;
        break;
      }
      case SIZE_LF: {
        if (c != LF) return -400;
        chunks.digits = 0;
        if (chunks.remaining == 0) chunks.state = TRAILER_START;
        else if (chunks.remaining > limit - chunks.written) return -413;
        else chunks.state = DATA;
        break;
      }
      case DATA_CR: {
        if (c != CR) return -400;
        chunks.state = DATA_LF;
        break;
      }
      case DATA_LF: {
        if (c != LF) return -400;
        chunks.state = SIZE;
        break;
      }
      case TRAILER_START: {
        if (c == CR) chunks.state = END_LF;
        else if (c <= 32 || c == 127) return -400;
        else chunks.state = TRAILER;
        break;
      }
      case TRAILER: {
        if (c == CR) chunks.state = TRAILER_LF;
        else if ((c < 32 && c != TAB) || c == 127) return -400;
        else if (++chunks.overhead > overheadLimit) return -431;
        break;
      }
      case TRAILER_LF: {
        if (c != LF) return -400;
        chunks.state = TRAILER_START;
        break;
      }
      default: {
        if (c != LF) return -400;
        chunks.state = FINISHED;
      }
    }
  }
  return at;
}
