import { BodySource, sendStream } from "./stream";

/** Kinds of content the library OS writes itself; anything else is a header like others. */
export namespace ContentType {
  export const NONE: i32 = 0;
  export const TEXT: i32 = 1;
  export const JSON: i32 = 2;
  export const HTML: i32 = 3;
  export const BYTES: i32 = 4;
}

/** A response. Methods that change it return it, so that they can be chained. */
export class Response {
  /** @internal `Name: value CRLF` ... */
  fields: string = "";
  /** @internal */
  source: BodySource | null = null;
  /** @internal Set by `stream` only: what nobody streams with is not in the image. */
  sendStream: ((response: Response, fields: usize, fieldsLength: i32) => void) | null = null;
  /** @internal */
  closes: bool = false;

  constructor(
    public body: ArrayBuffer | null = null,
    public status: i32 = 200,
    /** @internal */
    public contentType: i32 = 0,
  ) {}

  static text(text: string, status: i32 = 200): Response {
    return new Response(String.UTF8.encode(text), status, ContentType.TEXT);
  }

  /** `json` is JSON text. */
  static json(json: string, status: i32 = 200): Response {
    return new Response(String.UTF8.encode(json), status, ContentType.JSON);
  }

  static html(html: string, status: i32 = 200): Response {
    return new Response(String.UTF8.encode(html), status, ContentType.HTML);
  }

  static bytes(bytes: ArrayBuffer, status: i32 = 200): Response {
    return new Response(bytes, status, ContentType.BYTES);
  }

  /** No body. */
  static empty(status: i32 = 204): Response {
    return new Response(null, status);
  }

  /** A body whose length is not known: sent in chunks as `source` gives them. */
  static stream(source: BodySource, status: i32 = 200): Response {
    const response = new Response(null, status, ContentType.BYTES);
    response.source = source;
    response.sendStream = sendStream;
    return response;
  }

  static redirect(location: string, status: i32 = 302): Response {
    return new Response(null, status).header("Location", location);
  }

  /**
   * Add a header field. Control characters in the value become blanks (RFC 9110 §5.5), so a value from outside cannot
   * add fields of its own. The library OS writes Date, Connection, Content-Length and Transfer-Encoding itself.
   */
  header(name: string, value: string): Response {
    if (!isToken(name)) throw new Error("not a header field name: " + name);
    const lower = name.toLowerCase();
    if (lower == "content-type") this.contentType = ContentType.NONE;
    if (lower == "connection") {
      if (value.toLowerCase() == "close") this.closes = true;
      return this;
    }
    if (lower == "content-length" || lower == "transfer-encoding" || lower == "date") {
      throw new Error(name + " is written by the library OS");
    }
    this.fields += name + ": " + clean(value) + "\r\n";
    return this;
  }

  /** Replaces the content type that the constructor chose. */
  type(contentType: string): Response {
    return this.header("Content-Type", contentType);
  }
}

function isToken(name: string): bool {
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    const isAlphanumeric = (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122);
    if (!isAlphanumeric && !"!#$%&'*+-.^_`|~".includes(String.fromCharCode(c))) return false;
  }
  return name.length > 0;
}

function clean(value: string): string {
  let result = "";
  let start = 0;
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i);
    if ((c >= 32 || c == 9) && c != 127) continue;
    result += value.substring(start, i) + " ";
    start = i + 1;
  }
  return start == 0 ? value : result + value.substring(start);
}
