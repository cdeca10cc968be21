import type { Compute } from '../host.ts';

/**
 * The functions that the engine's glue puts into `__host` (libos/guest/js/functions.ts). Bytes come and go as whole
 * ArrayBuffers; a number of an exchange names a request until it is answered.
 */
export interface Primitives {
  write(text: string): void;
  monotonic(): number;
  wall(): number;
  random(sizeBytes: number): ArrayBuffer;
  /** UTF-8 of a well-formed string. */
  encode(text: string): ArrayBuffer;
  /** Text of UTF-8 up to the first NUL. */
  decode(bytes: ArrayBufferLike, offset: number, sizeBytes: number): string;
  wakeAt(deadlineMs: number): void;
  /** `NAME=VALUE` NUL … */
  environment(): ArrayBuffer;
  register(
    /**
     * `method` is an index into the methods the library OS knows. Where the answer is a promise that is settled at the end of the
     * turn, `onSettled` may be called with what it came to; otherwise `onDeferred`.
     */
    onRequest: (exchange: number, method: number, url: string) => unknown,
    onDeferred: (exchange: number) => void,
    onWritable: (exchange: number) => void,
    onAlarm: () => void,
    onRejection: (promise: Promise<unknown>, reason: unknown, isHandled: boolean) => void,
    onRejectionsLeft: () => void,
    onInterrupted: (error: unknown) => void,
    onGone: (exchange: number) => void,
    onReceivable: (exchange: number) => void,
    onSettled: (exchange: number, value: unknown, isRejected: boolean) => void,
  ): void;
  /** `name\nvalue\nname\nvalue`: names lower case, one character a byte. */
  fields(exchange: number): string;
  /**
   * All of a request's body, undefined when there is none; a number when there is more of it to come than is here: how long it
   * will be, -2 when nobody knows.
   */
  body(exchange: number): ArrayBuffer | undefined | number;
  /** How much of a body a program may hold at once. */
  bodyLimit(): number;
  /**
   * The next bytes of a body; 0 at its end, -1 when `onReceivable` tells of the next, -2 when the peer has gone, below that minus the
   * status that fits.
   */
  receive(exchange: number): ArrayBuffer | number;
  /** `lines` is `name: value\r\n` for each field. In a text, surrogates without their other half become U+FFFD. */
  respond(exchange: number, status: number, lines: string, body: string | ArrayBuffer | null): void;
  /** False when nobody wants a body: the peer has gone, or asked for the head alone. */
  respondStream(exchange: number, status: number, lines: string): boolean;
  /** More than 0: wait for `onWritable`, the peer is behind or others are to have their turn; -1: it has gone. */
  piece(exchange: number, bytes: ArrayBuffer): number;
  finish(exchange: number): void;
  /** Cuts a streamed response off. */
  abort(exchange: number): void;
  isOpen(exchange: number): boolean;
  /** Of programs that use cryptography (libos/guest/cryptography). */
  readonly compute?: Compute | undefined;
}

/** Functions for requests to other hosts (libos/guest/js/calls.ts): there when the program names `fetch`. */
export interface CallPrimitives {
  /**
   * `event`: 0 the head of the response is there, 1 there is more of its body or room for more of the request's, 2 it failed, with
   * the failure above the lowest byte, and the number is gone.
   */
  registerCalls(onCall: (call: number, event: number) => void): void;
  /**
   * Sends a head to `HOST:PORT` or `tls:HOST:PORT`. Its number, or below 0 why not.
   *
   * @param flags 1: the response has no body, as its request is a HEAD; 2: a body follows, in chunks; 4: a body follows, as long as
   *   the head says; 8: on a connection of its own
   */
  call(address: string, head: string, flags: number): number;
  /** More than 0: wait for room; -1: the peer takes no more. */
  callPiece(call: number, bytes: ArrayBuffer): number;
  callFinish(call: number): void;
  /** Nobody wants the rest; the number is gone. */
  callCancel(call: number): void;
  /** When the head is there, and only in that turn: `status reason\nname\nvalue\n…`. */
  callHead(call: number): string;
  /** When the head is there: all of the body, and the number is gone with that turn; undefined: there is none; -2: receive it. */
  callBody(call: number): ArrayBuffer | undefined | number;
  /** The next bytes of the body; 0 at its end, -1 when they have yet to come, below that what went wrong. */
  callReceive(call: number): ArrayBuffer | number;
  /** Decompression (libos/guest/js/inflate.ts), 1: gzip, 0: deflate. What the others are given; 0: there is no memory. */
  inflateOpen(isGzip: number): number;
  /** False: there is no memory. */
  inflatePush(stream: number, bytes: ArrayBuffer): boolean;
  /** More of what was compressed; 0 when it takes more input, -1 at the end, -2 when the input is wrong. */
  inflatePull(stream: number): ArrayBuffer | number;
  /** Once. */
  inflateClose(stream: number): void;
}

const scope = globalThis as { __host?: Primitives & CallPrimitives };

/** Taken once, while the top level runs; no program can find it afterwards. */
export const primitives = scope.__host as Primitives & CallPrimitives;
delete scope.__host;
