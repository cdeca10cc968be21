// What the application may ask about the request being answered. Valid only while its handler runs.

import { fromApplication, toApplication } from "../bridge";
import { fields, head } from "./head";

let base: usize = 0;
let body: usize = 0;
let bodyLength: i32 = 0;

const wanted = memory.data(256);

export function setRequest(requestBase: usize, bodyPtr: usize, length: i32): void {
  base = requestBase;
  body = bodyPtr;
  bodyLength = length;
}

export function http_method(): i32 {
  return head.method;
}

export function http_target_length(): i32 {
  return head.targetLength;
}

export function http_target_read(applicationPtr: u32): void {
  toApplication(applicationPtr, base + head.targetStart, head.targetLength);
}

export function http_field_count(): i32 {
  return head.fieldCount;
}

/** Index of the next field called `name` (lower case, in application memory) at or after `from`, -1: none. */
export function http_field_find(from: i32, name: u32, nameLength: i32): i32 {
  if (nameLength > 256) return -1;
  fromApplication(wanted, name, nameLength);
  for (let i = from; i < head.fieldCount; i++) {
    const record = fields + (i << 3);
    if (<i32>load<u16>(record, 2) != nameLength) continue;
    const ptr = base + load<u16>(record);
    let at = 0;
    while (at < nameLength) {
      let c = load<u8>(ptr + at);
      if (c - 65 < 26) c |= 32;
      if (c != load<u8>(wanted + at)) break;
      at++;
    }
    if (at == nameLength) return i;
  }
  return -1;
}

export function http_field_name_length(index: i32): i32 {
  return <u32>index < <u32>head.fieldCount ? <i32>load<u16>(fields + (index << 3), 2) : 0;
}

export function http_field_name_read(index: i32, applicationPtr: u32): void {
  if (<u32>index >= <u32>head.fieldCount) return;
  const record = fields + (index << 3);
  toApplication(applicationPtr, base + load<u16>(record), load<u16>(record, 2));
}

export function http_field_value_length(index: i32): i32 {
  return <u32>index < <u32>head.fieldCount ? <i32>load<u16>(fields + (index << 3), 6) : 0;
}

export function http_field_value_read(index: i32, applicationPtr: u32): void {
  if (<u32>index >= <u32>head.fieldCount) return;
  const record = fields + (index << 3);
  toApplication(applicationPtr, base + load<u16>(record, 4), load<u16>(record, 6));
}

export function http_body_length(): i32 {
  return bodyLength;
}

export function http_body_read(applicationPtr: u32): void {
  toApplication(applicationPtr, body, bodyLength);
}
