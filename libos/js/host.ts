/** An operation of crypto/native on whole buffers: bytes, whether it is so, or undefined when there is no memory for it. */
export type Compute = (
  operation: number,
  ...operands: readonly (ArrayBuffer | number)[]
) => ArrayBuffer | boolean | undefined;

/**
 * What the web APIs need from the world: everything that ECMAScript itself does not give. The glue of each target
 * implements it once (in an image by calls of the machine ABI, in tests by Node), and installs it before any other
 * module of `libos/js` runs a call. No module below this folder reaches the outside in any other way.
 *
 * Units: milliseconds as floating point numbers, sizes in bytes.
 */
export interface Host {
  /** Writes one line (no `\n` at its end; inner ones are kept) to the console. */
  consoleWrite(line: string, stream: 'out' | 'error'): void;
  /** Milliseconds since the instance started; never goes back. A fraction is welcome. */
  monotonicMs(): number;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  wallMs(): number;
  /** Fills the bytes with cryptographically strong randomness; any length. */
  fillRandom(bytes: Uint8Array): void;
  /** UTF-8 of a string; a lone surrogate becomes U+FFFD. The caller owns the result. */
  encodeUtf8(text: string): Uint8Array<ArrayBuffer>;
  /** Text of UTF-8 bytes as the Encoding standard decodes without a label's BOM handling: malformed parts become U+FFFD, a BOM is kept. */
  decodeUtf8(bytes: Uint8Array): string;
  /**
   * Asks for a call of `runTimers` (timers/timers.ts) when `monotonicMs` reaches the deadline. Replaces the former
   * deadline; `Infinity` asks for none.
   */
  wakeAt(deadlineMs: number): void;
  /** Cryptography; there when the program uses any. */
  readonly compute?: Compute | undefined;
  /** Sends a request into the world. Absent where the target has no way out; `fetch` then says so. */
  fetch?(request: OutgoingRequest): Promise<IncomingResponse>;
  /** What a content coding has been applied to; there where `fetch` is. */
  decompress?(body: BodyReader, coding: 'gzip' | 'deflate'): BodyReader;
}

/** A request on its way out: names lower case, values as bytes-in-a-string (isomorphic), body whole or by chunks. */
export interface OutgoingRequest {
  readonly method: string;
  readonly url: string;
  /** name, value, name, value … */
  readonly headers: readonly string[];
  readonly body: Uint8Array<ArrayBuffer> | null | BodyReader;
  /** Called at most once with what to do when the caller loses interest. */
  readonly onAbort: (abort: () => void) => void;
}

export interface IncomingResponse {
  readonly status: number;
  readonly statusText: string;
  /** name, value, name, value … */
  readonly headers: readonly string[];
  readonly body: BodyReader | null;
}

/** Bytes that arrive by and by. */
export interface BodyReader {
  /** How many bytes may be gathered of it; without it as many as there are. */
  readonly limitBytes?: number | undefined;
  /** All bytes when they are here already, else undefined: then `read` until it gives null. */
  whole(): Uint8Array<ArrayBuffer> | undefined;
  /** The next bytes, at least one; null at the end. Rejects when the peer is gone. One call at a time. */
  read(): Promise<Uint8Array<ArrayBuffer> | null>;
  /** The rest is not wanted. */
  cancel(): void;
}

/** What gathering more than `limitBytes` of a body rejects with. */
export class BodyTooLarge extends TypeError {
  constructor(limitBytes: number) {
    super(
      `the body is longer than the ${limitBytes} bytes that may be held of it at once: read it as a stream, or raise limits.bodyBytes in diatom.json`,
    );
  }
}

const missing = (name: string) => (): never => {
  throw new Error(`${name} was called before the host was installed; the glue calls setHost() first`);
};

/** The host of this image. A live binding: read it at the time of the call. */
export let host: Host = {
  consoleWrite: missing('consoleWrite'),
  monotonicMs: missing('monotonicMs'),
  wallMs: missing('wallMs'),
  fillRandom: missing('fillRandom'),
  encodeUtf8: missing('encodeUtf8'),
  decodeUtf8: missing('decodeUtf8'),
  wakeAt: missing('wakeAt'),
};

export function setHost(installed: Host): void {
  host = installed;
}
