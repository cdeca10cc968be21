// Reads one complete head of a response: status line and fields (RFC 9112 §4, §5), and what they say about the body (§6.3) and
// the connection (§9.3). As strict as the reader of requests: a response that two programs could read differently is refused.

import { CR, equals, equalsIgnoringCase, LF, SPACE, TAB } from "../text";
import { fields, head, isToken, listNames, readContentLength } from "./head";

/** Why a head is refused; libos/js/runtime/call-failures.ts has the sentences. */
export const BAD_STATUS_LINE = -101;
export const BAD_VERSION = -102;
export const BAD_FIELD = -103;
export const BAD_LENGTH = -104;
export const BAD_ENCODING = -105;
export const TWO_LENGTHS = -106;

@unmanaged
export class ResponseHead {
  status: i32;
  reasonStart: i32;
  reasonLength: i32;
  hasLength: bool;
}

export const responseHead = changetype<ResponseHead>(memory.data(16, 4));

function readStatusLine(base: usize, end: i32): i32 {
  if (end < 12 || !equals(base, 5, "HTTP/") || load<u8>(base, 6) != 46 || load<u8>(base, 8) != SPACE) return BAD_STATUS_LINE;
  const minor = load<u8>(base, 7) - 48;
  if (minor > 9) return BAD_STATUS_LINE;
  if (load<u8>(base, 5) != 49) return BAD_VERSION;
  head.minor = min<i32>(minor, 1);
  let status: i32 = 0;
  for (let at = 9; at < 12; at++) {
    const digit = <i32>load<u8>(base + at) - 48;
    if (digit < 0 || digit > 9) return BAD_STATUS_LINE;
    status = status * 10 + digit;
  }
  if (status < 100 || (end > 12 && load<u8>(base, 12) != SPACE)) return BAD_STATUS_LINE;
  responseHead.status = status;
  responseHead.reasonStart = min(13, end);
  responseHead.reasonLength = end - responseHead.reasonStart;
  for (let at = responseHead.reasonStart; at < end; at++) {
    const c = load<u8>(base + at);
    if (c < 32 ? c != TAB : c == 127) return BAD_STATUS_LINE;
  }
  return 0;
}

/** The head of `length` bytes at `base`, which `findHead` delimited: 0, or why it is refused. */
export function parseResponseHead(base: usize, length: i32): i32 {
  let end = 0;
  while (load<u8>(base + end) != CR) end++;
  if (load<u8>(base + end + 1) != LF) return BAD_STATUS_LINE;
  const failure = readStatusLine(base, end);
  if (failure != 0) return failure;

  head.contentLength = 0;
  head.chunked = false;
  head.keepAlive = head.minor == 1;
  responseHead.hasLength = false;
  let hasEncoding = false;
  let close = false;
  let count = 0;
  let at = end + 2;
  const last = length - 2;
  while (at < last) {
    const name = at;
    while (isToken(load<u8>(base + at))) at++;
    const nameLength = at - name;
    // Also refuses obs-fold (§5.2) and blanks before the colon (§5.1).
    if (nameLength == 0 || load<u8>(base + at) != 58) return BAD_FIELD;
    at++;
    while (load<u8>(base + at) == SPACE || load<u8>(base + at) == TAB) at++;
    const value = at;
    while (true) {
      const c = load<u8>(base + at);
      if (c < 32 ? c != TAB : c == 127) break;
      at++;
    }
    if (load<u8>(base + at) != CR || load<u8>(base + at + 1) != LF) return BAD_FIELD;
    let valueEnd = at;
    while (valueEnd > value && (load<u8>(base + valueEnd - 1) == SPACE || load<u8>(base + valueEnd - 1) == TAB)) valueEnd--;
    at += 2;

    const record = fields + (count << 3);
    store<u16>(record, <u16>name);
    store<u16>(record, <u16>nameLength, 2);
    store<u16>(record, <u16>value, 4);
    store<u16>(record, <u16>(valueEnd - value), 6);
    count++;

    const namePtr = base + name;
    const valuePtr = base + value;
    const valueLength = valueEnd - value;
    if (nameLength == 10 && equalsIgnoringCase(namePtr, 10, "connection")) {
      if (listNames(valuePtr, valueLength, "close")) close = true;
      if (head.minor == 0 && listNames(valuePtr, valueLength, "keep-alive")) head.keepAlive = true;
    } else if (nameLength == 14 && equalsIgnoringCase(namePtr, 14, "content-length")) {
      const size = readContentLength(valuePtr, valueLength);
      if (responseHead.hasLength || size < 0) return BAD_LENGTH;
      responseHead.hasLength = true;
      head.contentLength = size;
    } else if (nameLength == 17 && equalsIgnoringCase(namePtr, 17, "transfer-encoding")) {
      // Nothing else was asked for (no TE field), and HTTP/1.0 has none (§6.1).
      if (hasEncoding || head.minor == 0 || !equalsIgnoringCase(valuePtr, valueLength, "chunked")) return BAD_ENCODING;
      hasEncoding = true;
      head.chunked = true;
    }
  }
  head.fieldCount = count;
  if (close) head.keepAlive = false;
  // Response smuggling (§6.1, §11.2): which of them counts is what two readers disagree about.
  return hasEncoding && responseHead.hasLength ? TWO_LENGTHS : 0;
}
