import * as os from "../os";
import { expectLarge } from "./large";

const methods: StaticArray<string> = ["", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

/** Header fields of a request. Names are compared without regard to case. */
export class RequestHeaders {
  /** The value, several of one name joined by ", " (RFC 9110 §5.3); null when there is none. */
  get(name: string): string | null {
    const wanted = String.UTF8.encode(name.toLowerCase());
    const ptr = changetype<usize>(wanted);
    let index = os.http_field_find(0, ptr, wanted.byteLength);
    if (index < 0) return null;
    let value = valueAt(index);
    while ((index = os.http_field_find(index + 1, ptr, wanted.byteLength)) >= 0) value += ", " + valueAt(index);
    return value;
  }

  has(name: string): bool {
    const wanted = String.UTF8.encode(name.toLowerCase());
    return os.http_field_find(0, changetype<usize>(wanted), wanted.byteLength) >= 0;
  }

  /** Names in the order of arrival, in lower case. */
  names(): string[] {
    const count = os.http_field_count();
    const result = new Array<string>();
    for (let i = 0; i < count; i++) {
      const bytes = new ArrayBuffer(os.http_field_name_length(i));
      os.http_field_name_read(i, changetype<usize>(bytes));
      result.push(String.UTF8.decode(bytes).toLowerCase());
    }
    return result;
  }
}

function valueAt(index: i32): string {
  const bytes = new ArrayBuffer(os.http_field_value_length(index));
  os.http_field_value_read(index, changetype<usize>(bytes));
  return String.UTF8.decode(bytes);
}

function decodeComponent(text: string): string {
  if (text.indexOf("%") < 0 && text.indexOf("+") < 0) return text;
  const length = text.length;
  // Decoded bytes are never more than the UTF-8 of the text.
  const bytes = new ArrayBuffer(length * 3);
  const base = changetype<usize>(bytes);
  let used = 0;
  for (let i = 0; i < length; i++) {
    let c = text.charCodeAt(i);
    if (c == 43) c = 32;
    if (c == 37 && i + 2 < length) {
      const high = hexadecimal(text.charCodeAt(i + 1));
      const low = hexadecimal(text.charCodeAt(i + 2));
      if (high >= 0 && low >= 0) {
        store<u8>(base + used++, <u8>((high << 4) | low));
        i += 2;
        continue;
      }
    }
    // Request targets are ASCII (the library OS refuses others).
    store<u8>(base + used++, <u8>c);
  }
  return String.UTF8.decodeUnsafe(base, used);
}

function hexadecimal(c: i32): i32 {
  if (c >= 48 && c <= 57) return c - 48;
  c |= 32;
  return c >= 97 && c <= 102 ? c - 87 : -1;
}

/**
 * One request. It reads from the library OS when asked, so what a handler does not look at is never copied; use it
 * only until the handler returns.
 */
export class Request {
  private readTarget: string | null = null;

  /** `GET`, `HEAD`, `POST`, `PUT`, `DELETE`, `PATCH` or `OPTIONS`. */
  get method(): string {
    return methods[os.http_method()];
  }

  /** Path and query as sent, undecoded: `/a%20b?x=1`. */
  get target(): string {
    const known = this.readTarget;
    if (known) return known;
    const bytes = new ArrayBuffer(os.http_target_length());
    os.http_target_read(changetype<usize>(bytes));
    const target = String.UTF8.decode(bytes);
    this.readTarget = target;
    return target;
  }

  /** The part before `?`, undecoded. */
  get path(): string {
    const target = this.target;
    const mark = target.indexOf("?");
    const path = mark < 0 ? target : target.substring(0, mark);
    return path.length == 0 ? "/" : path;
  }

  /** The part after `?`, undecoded; empty when there is none. */
  get query(): string {
    const mark = this.target.indexOf("?");
    return mark < 0 ? "" : this.target.substring(mark + 1);
  }

  /** The decoded value of the first query parameter `name`, null when there is none. */
  parameter(name: string): string | null {
    const parts = this.query.split("&");
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i];
      const equals = part.indexOf("=");
      const key = equals < 0 ? part : part.substring(0, equals);
      if (decodeComponent(key) == name) return equals < 0 ? "" : decodeComponent(part.substring(equals + 1));
    }
    return null;
  }

  get headers(): RequestHeaders {
    return new RequestHeaders();
  }

  /** The whole body; empty when there is none. */
  bytes(): ArrayBuffer {
    const length = os.http_body_length();
    expectLarge(length);
    const bytes = new ArrayBuffer(length);
    os.http_body_read(changetype<usize>(bytes));
    return bytes;
  }

  /** The body read as UTF-8. */
  text(): string {
    const bytes = this.bytes();
    expectLarge(<u32>bytes.byteLength << 1);
    return String.UTF8.decode(bytes);
  }
}
