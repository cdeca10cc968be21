/** Answers requests with what the program's `fetch` gives: the shape other edge platforms share. */
import { abandonRequest, incomingRequest, type Send, send, setFieldReader } from '../fetch/glue.ts';
import type { Request } from '../fetch/request.ts';
import { reportException, reportHandled, reportUnhandled } from '../globals/report.ts';
import { type BodyReader, BodyTooLarge, host } from '../host.ts';
import { runTimer } from '../timers/timers.ts';
import { primitives } from './primitives.ts';

/** What a program's module exports as `default`. */
export interface Application {
  fetch(request: unknown, env: Environment, context: ExecutionContext): unknown;
}

export type Environment = Readonly<Record<string, string>>;

/** As on Workers. An instance serves on after its response, so nothing has to be kept alive: work is only watched. */
class ExecutionContext {
  readonly #request: Request;
  readonly #body: RequestBody | null;

  constructor(request: Request, body: RequestBody | null) {
    this.#request = request;
    this.#body = body;
  }

  waitUntil(work: unknown): void {
    // The library OS forgets the request with the response, and the work may still look at it.
    void this.#request.headers;
    this.#body?.keep();
    Promise.resolve(work).catch(reportException);
  }

  /** There is nothing behind this program that could answer in its place. */
  passThroughOnException(): void {}
}

/** Order of libos/guest/os/http/head.ts. */
const methods = ['', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];

let application: Application;
let environment: Environment | null = null;

function readEnvironment(): Environment {
  const variables: Record<string, string> = {};
  const text = host.decodeUtf8(new Uint8Array(primitives.environment()));
  for (const entry of text.split('\0')) {
    const equals = entry.indexOf('=');
    if (equals > 0) variables[entry.slice(0, equals)] = entry.slice(equals + 1);
  }
  return variables;
}

let bodyLimit: number | undefined;

/** The body of a request: here with its head, as most are, or read from the connection as the program asks for it. */
class RequestBody implements BodyReader {
  readonly #exchange: number;
  #kept: Uint8Array<ArrayBuffer> | null = null;
  #isTaken = false;
  /** More of it is to come than was here when the program was asked. */
  #comes = false;
  /** All of it is here, and that is more than may be held at once. */
  #isLong = false;

  constructor(exchange: number) {
    this.#exchange = exchange;
  }

  /** What is here stays readable when the library OS forgets the request, with its response. */
  keep(): void {
    if (this.#isTaken || this.#comes || this.#kept !== null) return;
    if (!primitives.isOpen(this.#exchange)) {
      throw new TypeError(
        'the body of a request can be read until it is answered; read it before, or call ctx.waitUntil',
      );
    }
    const bytes = primitives.body(this.#exchange);
    if (typeof bytes === 'number') {
      this.#comes = true;
      return;
    }
    this.#kept = bytes === undefined ? new Uint8Array(0) : new Uint8Array(bytes);
    bodyLimit ??= primitives.bodyLimit();
    this.#isLong = this.#kept.length > bodyLimit;
  }

  get limitBytes(): number | undefined {
    if (primitives.isOpen(this.#exchange)) this.keep();
    return this.#comes || this.#isLong ? primitives.bodyLimit() : undefined;
  }

  whole(): Uint8Array<ArrayBuffer> | undefined {
    this.keep();
    return this.#comes || this.#isLong ? undefined : this.#take();
  }

  #take(): Uint8Array<ArrayBuffer> {
    const bytes = this.#kept ?? new Uint8Array(0);
    this.cancel();
    return bytes;
  }

  async read(): Promise<Uint8Array<ArrayBuffer> | null> {
    this.keep();
    if (!this.#comes) {
      const bytes = this.#take();
      return bytes.length === 0 ? null : bytes;
    }
    for (;;) {
      const received = primitives.receive(this.#exchange);
      if (typeof received !== 'number') return new Uint8Array(received);
      if (received === 0) return null;
      if (received !== againCode) throw new BrokenBody(received);
      await new Promise<void>((resolve) => receiving.set(this.#exchange, resolve));
    }
  }

  cancel(): void {
    this.#isTaken = true;
    this.#kept = null;
  }
}

/** Results of `receive` (libos/guest/os/http/work.ts). */
const againCode = -1;

const brokenBodies: Readonly<Record<number, string>> = {
  400: 'the body of the request is not well-formed chunked coding',
  408: 'the client sent nothing of its body for too long',
  413: 'the body of the request is longer than limits.streamBytes in diatom.json says it may be',
  431: 'the body of the request has too much besides its content: extensions of chunks, trailers',
};

/** A request's body breaks off; the status is what its client is told when the program does not answer otherwise. */
class BrokenBody extends TypeError {
  readonly #status: number;

  constructor(code: number) {
    super(brokenBodies[-code] ?? 'the client has gone away before its body was complete, or has its answer already');
    this.#status = -code;
  }

  static statusOf(error: unknown): number {
    if (typeof error !== 'object' || error === null || !(#status in error)) return 0;
    return error.#status in brokenBodies ? error.#status : goneStatus;
  }
}

/** Nobody is there to read it. */
const goneStatus = 400;

/** Who waits for more of a request's body. */
const receiving = new Map<number, () => void>();

function onReceivable(exchange: number): void {
  const resolve = receiving.get(exchange);
  receiving.delete(exchange);
  resolve?.();
}

/** The request is answered: whoever still waits for its body learns that there is no more of it. */
function endReading(exchange: number): void {
  if (receiving.size !== 0) onReceivable(exchange);
}

const sendParts: Send = (exchange, status, headerLines, body) => {
  if (body === null || typeof body === 'string') primitives.respond(exchange, status, headerLines, body);
  else if (body instanceof Uint8Array) primitives.respond(exchange, status, headerLines, bufferOf(body));
  else {
    cutOff.register(stream(exchange, status, headerLines, body), exchange);
    return;
  }
  if (receiving.size !== 0) endReading(exchange);
};

function bufferOf(bytes: Uint8Array<ArrayBuffer>): ArrayBuffer {
  const isWhole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  return isWhole ? bytes.buffer : bytes.slice().buffer;
}

/** Who waits for the peer of a streamed response to take more. */
const waiting = new Map<number, () => void>();

/** Never rejects: a body that fails cuts its response off. */
async function stream(exchange: number, status: number, headerLines: string, body: BodyReader): Promise<void> {
  if (!primitives.respondStream(exchange, status, headerLines)) return body.cancel();
  try {
    for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) {
      const isToWait = primitives.piece(exchange, bufferOf(chunk)) > 0;
      if (isToWait) await new Promise<void>((resolve) => waiting.set(exchange, resolve));
      if (!primitives.isOpen(exchange)) {
        endReading(exchange);
        return body.cancel();
      }
    }
    primitives.finish(exchange);
  } catch (error) {
    // That the client has gone is nobody's fault.
    if (BrokenBody.statusOf(error) === 0) reportException(error);
    primitives.abort(exchange);
  }
  endReading(exchange);
}

function onWritable(exchange: number): void {
  const resolve = waiting.get(exchange);
  waiting.delete(exchange);
  resolve?.();
}

const failureLines = 'content-type: text/plain;charset=UTF-8\r\n';

function fail(exchange: number, error: unknown): void {
  deferred.delete(exchange);
  const status = error instanceof BodyTooLarge ? 413 : BrokenBody.statusOf(error);
  if (status === 0) reportException(error);
  const text = status === 0 ? 'Internal Server Error' : (error as Error).message;
  primitives.respond(exchange, status === 0 ? 500 : status, failureLines, `${text}\n`);
  endReading(exchange);
}

function answer(exchange: number, response: unknown): void {
  deferred.delete(exchange);
  try {
    send(response, exchange, sendParts);
  } catch (error) {
    fail(exchange, error);
  }
}

/** What `fetch` gave for the request that has just arrived. */
let lastPromise: Promise<unknown> | null = null;
let lastRequest: Request | null = null;

/** Requests that are answered later, so that their signals can tell when nobody waits any more. */
const deferred = new Map<number, Request>();

/** `name\nvalue\n…` of a request that is not answered yet. */
setFieldReader((exchange) => {
  if (!primitives.isOpen(exchange)) {
    throw new TypeError(
      'the headers of a request can be read until it is answered; read them before, or call ctx.waitUntil',
    );
  }
  const fields = primitives.fields(exchange);
  return fields === '' ? [] : fields.split('\n');
});

/** Gives the promise of the answer, where there is one: the glue looks whether it is settled at the end of the turn. */
function onRequest(exchange: number, methodIndex: number, url: string): unknown {
  try {
    environment ??= readEnvironment();
    const method = methods[methodIndex] as string;
    // Fetch standard §5.4: requests with these methods have no body.
    const body = method === 'GET' || method === 'HEAD' ? null : new RequestBody(exchange);
    const request = incomingRequest(method, url, exchange, body);
    const response = application.fetch(request, environment, new ExecutionContext(request, body));
    if (response instanceof Promise) {
      lastPromise = response;
      lastRequest = request;
      return response;
    }
    send(response, exchange, sendParts);
  } catch (error) {
    fail(exchange, error);
  }
  return undefined;
}

/** The promise was settled within the turn, which nobody had to wait for. */
function onSettled(exchange: number, value: unknown, isRejected: boolean): void {
  lastPromise = null;
  lastRequest = null;
  if (isRejected) fail(exchange, value);
  else answer(exchange, value);
}

/** A promise that nobody can settle any more: it was never going to be, or whoever was about to was interrupted. */
const abandoned = new FinalizationRegistry((exchange: number) => {
  // One that has been answered is settled, though its stream may still be on its way.
  if (!deferred.delete(exchange) || !primitives.isOpen(exchange)) return;
  fail(exchange, new Error('the promise that fetch gave was dropped before it was settled'));
});

/** A stream that was interrupted in the midst of a piece: nobody would send more of it. */
const cutOff = new FinalizationRegistry((exchange: number) => {
  if (primitives.isOpen(exchange)) primitives.abort(exchange);
});

/** The request is not answered yet at the end of its turn. */
function onDeferred(exchange: number): void {
  const promise = lastPromise;
  if (lastRequest !== null) deferred.set(exchange, lastRequest);
  lastPromise = null;
  lastRequest = null;
  if (promise === null) return;
  abandoned.register(promise, exchange);
  promise.then(
    (value) => answer(exchange, value),
    (error: unknown) => fail(exchange, error),
  );
}

/** Whoever asked has hung up before the answer. */
function onGone(exchange: number): void {
  const request = deferred.get(exchange);
  if (request !== undefined) abandonRequest(request);
}

/** One timer a call: the glue runs jobs between calls, and `runTimer` has it call again when the next is due. */
function onAlarm(): void {
  runTimer();
}

/** Rejected in this turn and not listened to yet. */
const rejections = new Map<Promise<unknown>, unknown>();
/** Told as unhandled, to be told again when somebody listens after all. */
const told = new WeakMap<Promise<unknown>, { readonly reason: unknown }>();

function onRejection(promise: Promise<unknown>, reason: unknown, isHandled: boolean): void {
  if (!isHandled) {
    rejections.set(promise, reason);
    return;
  }
  if (rejections.delete(promise)) return;
  const earlier = told.get(promise);
  told.delete(promise);
  if (earlier !== undefined) reportHandled(promise, earlier.reason);
}

/** HTML §8.1.7.5 notify about rejected promises: at the end of a turn, for those nobody listens to by then. */
function onRejectionsLeft(): void {
  // That of the answer is listened to from now on.
  if (lastPromise !== null) rejections.delete(lastPromise);
  for (const [promise, reason] of rejections) {
    rejections.delete(promise);
    told.set(promise, { reason });
    reportUnhandled(promise, reason);
  }
}

/** The engine ended a turn that ran for too long; no `catch` of the program's sees that. */
function onInterrupted(error: unknown): void {
  if (error instanceof Error && error.message === 'interrupted') {
    error.message = 'interrupted: one turn ran longer than it may, without waiting for anything';
  }
  reportException(error);
}

/** Part of the top level: a program that could answer nothing is no image. */
export function serve(program: unknown): void {
  application = program as Application;
  if (typeof application?.fetch !== 'function') {
    throw new TypeError('the default export has no function fetch: export default { fetch(request) { … } }');
  }
  primitives.register(
    onRequest,
    onDeferred,
    onWritable,
    onAlarm,
    onRejection,
    onRejectionsLeft,
    onInterrupted,
    onGone,
    onReceivable,
    onSettled,
  );
}
