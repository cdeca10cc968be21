// Reads one complete request head: request line and fields (RFC 9112 §3, §5), and what they say about the body (§6.3)
// and the connection (§9.3). Pure: bytes in, `head` filled, 0 or the status to refuse with out.

import { CR, equals, equalsIgnoringCase, SPACE, TAB } from "../text";

export const GET = 1;
export const HEAD = 2;
export const POST = 3;
export const PUT = 4;
export const DELETE = 5;
export const PATCH = 6;
export const OPTIONS = 7;

/** All offsets count from the start of the head. */
@unmanaged
export class Head {
  method: i32;
  targetStart: i32;
  targetLength: i32;
  /** 0 or 1: HTTP/1.0 or HTTP/1.1. */
  minor: i32;
  fieldCount: i32;
  contentLength: i64;
  chunked: bool;
  keepAlive: bool;
  expectsContinue: bool;
  /** `OPTIONS *`: about the server, not about a resource. */
  asterisk: bool;
}

export const head = changetype<Head>(memory.data(64, 8));
/** Up to `fieldLimit` records of four u16: name offset and length, value offset and length. */
export const fields = memory.data(800, 8);

const wordOne: u64 = 0x3ff6cfa00000000;
const wordTwo: u64 = 0x57ffffffc7fffffe;

/** tchar of RFC 9110 §5.6.2. */
// @ts-ignore: decorator
@inline
export function isToken(c: u32): bool {
  return c < 128 && (((c < 64 ? wordOne : wordTwo) >> (c & 63)) & 1) != 0;
}

function methodOf(ptr: usize, length: i32): i32 {
  if (length == 3) {
    if (equals(ptr, length, "GET")) return GET;
    if (equals(ptr, length, "PUT")) return PUT;
  } else if (length == 4) {
    if (equals(ptr, length, "HEAD")) return HEAD;
    if (equals(ptr, length, "POST")) return POST;
  } else if (length == 5) {
    if (equals(ptr, length, "PATCH")) return PATCH;
  } else if (length == 6) {
    if (equals(ptr, length, "DELETE")) return DELETE;
  } else if (length == 7) {
    if (equals(ptr, length, "OPTIONS")) return OPTIONS;
  }
  return 0;
}

/** The request line ends before `end`; returns 0 or a status. */
function readRequestLine(base: usize, end: i32): i32 {
  let at = 0;
  while (at < end && isToken(load<u8>(base + at))) at++;
  if (at == 0 || at >= end || load<u8>(base + at) != SPACE) return 400;
  const method = methodOf(base, at);
  head.method = method;
  let target = ++at;
  while (at < end) {
    const c = load<u8>(base + at);
    if (c == SPACE) break;
    // RFC 3986 has no characters outside printable ASCII; a fragment is never sent (RFC 9110 §7.1).
    if (c < 33 || c > 126 || c == 35) return 400;
    at++;
  }
  let length = at - target;
  if (length == 0 || end - at != 9) return 400;
  const version = base + at + 1;
  if (!equals(version, 5, "HTTP/") || load<u8>(version, 6) != 46) return 400;
  const major = load<u8>(version, 5) - 48;
  const minor = load<u8>(version, 7) - 48;
  if (major > 9 || minor > 9) return 400;
  if (major != 1) return 505;
  head.minor = min<i32>(minor, 1);
  if (method == 0) return 501;

  const first = load<u8>(base + target);
  head.asterisk = false;
  if (first == 42) {
    if (length != 1 || method != OPTIONS) return 400;
    head.asterisk = true;
  } else if (first != 47) {
    // Absolute form (RFC 9112 §3.2.2): a server must accept it; the path is what we serve by.
    const scheme = length > 8 && equalsIgnoringCase(base + target, 8, "https://") ? 8 : 7;
    if (length <= scheme || (scheme == 7 && !equalsIgnoringCase(base + target, 7, "http://"))) return 400;
    let slash = scheme;
    while (slash < length && load<u8>(base + target + slash) != 47 && load<u8>(base + target + slash) != 63) slash++;
    if (slash == scheme) return 400;
    target += slash;
    length -= slash;
  }
  head.targetStart = target;
  head.targetLength = length;
  return 0;
}

/** Does the list in a Connection field (RFC 9110 §7.6.1) name `option`? */
export function listNames(ptr: usize, length: i32, option: string): bool {
  let start = 0;
  for (let at = 0; at <= length; at++) {
    if (at < length && load<u8>(ptr + at) != 44) continue;
    let from = start;
    let to = at;
    while (from < to && (load<u8>(ptr + from) == SPACE || load<u8>(ptr + from) == TAB)) from++;
    while (to > from && (load<u8>(ptr + to - 1) == SPACE || load<u8>(ptr + to - 1) == TAB)) to--;
    if (equalsIgnoringCase(ptr + from, to - from, option)) return true;
    start = at + 1;
  }
  return false;
}

/** 1*DIGIT (RFC 9110 §8.6), -1 for anything else. Lists of equal lengths are refused too: no honest client sends one. */
export function readContentLength(ptr: usize, length: i32): i64 {
  if (length == 0 || length > 18) return -1;
  let value: i64 = 0;
  for (let i = 0; i < length; i++) {
    const digit = <u32>load<u8>(ptr + i) - 48;
    if (digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

const hostWordOne: u64 = 0x2fff6ff200000000;
const hostWordTwo: u64 = 0x47fffffeaffffffe;

/**
 * Characters of a host and port (RFC 3986 §3.2.2); none is allowed too (RFC 9112 §3.2). The comma is left out: it is how
 * two Host fields that somebody joined would look.
 */
function isHost(ptr: usize, length: i32): bool {
  for (let i = 0; i < length; i++) {
    const c = <u32>load<u8>(ptr + i);
    if (c > 127 || (((c < 64 ? hostWordOne : hostWordTwo) >> (c & 63)) & 1) == 0) return false;
  }
  return true;
}

const SEEN_HOST = 1;
const SEEN_LENGTH = 2;
const SEEN_ENCODING = 4;

/** Parse the head of `length` bytes at `base`, which `findHead` delimited. */
export function parseHead(base: usize, length: i32): i32 {
  let end = 0;
  while (load<u8>(base + end) != CR) end++;
  if (load<u8>(base + end + 1) != 10) return 400;
  const status = readRequestLine(base, end);
  if (status != 0) return status;

  head.contentLength = 0;
  head.chunked = false;
  head.expectsContinue = false;
  head.keepAlive = head.minor == 1;
  let seen = 0;
  let count = 0;
  let at = end + 2;
  let unfulfillable = false;
  let close = false;
  const last = length - 2;
  while (at < last) {
    const name = at;
    while (isToken(load<u8>(base + at))) at++;
    const nameLength = at - name;
    // Also refuses obs-fold (§5.2) and blanks before the colon (§5.1): neither starts with or ends in a token.
    if (nameLength == 0 || load<u8>(base + at) != 58) return 400;
    at++;
    while (load<u8>(base + at) == SPACE || load<u8>(base + at) == TAB) at++;
    const value = at;
    while (true) {
      const c = load<u8>(base + at);
      if (c < 32 ? c != TAB : c == 127) break;
      at++;
    }
    if (load<u8>(base + at) != CR || load<u8>(base + at + 1) != 10) return 400;
    let valueEnd = at;
    while (valueEnd > value && (load<u8>(base + valueEnd - 1) == SPACE || load<u8>(base + valueEnd - 1) == TAB)) valueEnd--;
    const valueLength = valueEnd - value;
    at += 2;

    const record = fields + (count << 3);
    store<u16>(record, <u16>name);
    store<u16>(record, <u16>nameLength, 2);
    store<u16>(record, <u16>value, 4);
    store<u16>(record, <u16>valueLength, 6);
    count++;

    const namePtr = base + name;
    const valuePtr = base + value;
    if (nameLength == 4) {
      if (equalsIgnoringCase(namePtr, 4, "host")) {
        if ((seen & SEEN_HOST) != 0 || !isHost(valuePtr, valueLength)) return 400;
        seen |= SEEN_HOST;
      }
    } else if (nameLength == 6) {
      if (equalsIgnoringCase(namePtr, 6, "expect")) {
        if (equalsIgnoringCase(valuePtr, valueLength, "100-continue")) head.expectsContinue = head.minor == 1;
        else unfulfillable = true;
      }
    } else if (nameLength == 10) {
      if (equalsIgnoringCase(namePtr, 10, "connection")) {
        if (listNames(valuePtr, valueLength, "close")) close = true;
        if (head.minor == 0 && listNames(valuePtr, valueLength, "keep-alive")) head.keepAlive = true;
      }
    } else if (nameLength == 14) {
      if (equalsIgnoringCase(namePtr, 14, "content-length")) {
        const size = readContentLength(valuePtr, valueLength);
        if ((seen & SEEN_LENGTH) != 0 || size < 0) return 400;
        seen |= SEEN_LENGTH;
        head.contentLength = size;
      }
    } else if (nameLength == 17) {
      if (equalsIgnoringCase(namePtr, 17, "transfer-encoding")) {
        // Without chunked last, the length of a request cannot be known (§6.3 item 4); we decode nothing else.
        if ((seen & SEEN_ENCODING) != 0 || head.minor == 0) return 400;
        seen |= SEEN_ENCODING;
        if (equalsIgnoringCase(valuePtr, valueLength, "chunked")) head.chunked = true;
        else return listNames(valuePtr, valueLength, "chunked") ? 501 : 400;
      }
    }
  }
  head.fieldCount = count;
  if (close) head.keepAlive = false;
  // Both lengths at once is the classic request smuggling (§6.1, §11.2).
  if ((seen & SEEN_ENCODING) != 0 && (seen & SEEN_LENGTH) != 0) return 400;
  if (head.minor == 1 && (seen & SEEN_HOST) == 0) return 400;
  // HTTP/1.0 cannot mark the end of a body otherwise (RFC 1945 §7.2.2); HTTP/1.1 without a length has no body.
  if (head.minor == 0 && (head.method == POST || head.method == PUT) && (seen & SEEN_LENGTH) == 0) return 411;
  return unfulfillable ? 417 : 0;
}
