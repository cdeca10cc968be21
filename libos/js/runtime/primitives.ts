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
    onRequest: (exchange: number) => void,
    onDeferred: (exchange: number) => void,
    onWritable: (exchange: number) => void,
    onAlarm: () => void,
    onRejection: (promise: Promise<unknown>, reason: unknown, isHandled: boolean) => void,
    onRejectionsLeft: () => void,
    onInterrupted: (error: unknown) => void,
    onGone: (exchange: number) => void,
  ): void;
  /** Index into the methods the library OS knows; of the request that has just arrived. */
  method(): number;
  url(): string;
  /** `name\nvalue\nname\nvalue`: names lower case, one character a byte. */
  fields(exchange: number): string;
  body(exchange: number): ArrayBuffer | undefined;
  /** `lines` is `name: value\r\n` for each field. */
  respond(exchange: number, status: number, lines: string, body?: string | ArrayBuffer): void;
  /** False when nobody wants a body: the peer has gone, or asked for the head alone. */
  respondStream(exchange: number, status: number, lines: string): boolean;
  /** More than 0: wait for `onWritable`, the peer is behind or others are to have their turn; -1: it has gone. */
  piece(exchange: number, bytes: ArrayBuffer): number;
  finish(exchange: number): void;
  /** Cuts a streamed response off. */
  abort(exchange: number): void;
  isOpen(exchange: number): boolean;
}

const scope = globalThis as { __host?: Primitives };

/** Taken once, while the top level runs; no program can find it afterwards. */
export const primitives = scope.__host as Primitives;
delete scope.__host;
