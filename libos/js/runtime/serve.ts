/** Answers requests with what the program's `fetch` gives: the shape other edge platforms share. */
import { incomingRequest, outgoing } from '../fetch/glue.ts';
import { reportException } from '../globals/report.ts';
import { type BodyReader, host } from '../host.ts';
import { runTimer } from '../timers/timers.ts';
import { primitives } from './primitives.ts';

/** What a program's module exports as `default`. */
export interface Application {
  fetch(request: unknown, env: Environment, context: ExecutionContext): unknown;
}

export type Environment = Readonly<Record<string, string>>;

/** As on Workers. An instance serves on after its response, so nothing has to be kept alive: work is only watched. */
class ExecutionContext {
  waitUntil(work: unknown): void {
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

/** The library OS has received the whole body before the program is asked. */
class RequestBody implements BodyReader {
  readonly #exchange: number;
  #isTaken = false;

  constructor(exchange: number) {
    this.#exchange = exchange;
  }

  whole(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#isTaken) return new Uint8Array(0);
    this.#isTaken = true;
    const bytes = primitives.body(this.#exchange);
    return bytes === undefined ? new Uint8Array(0) : new Uint8Array(bytes);
  }

  async read(): Promise<Uint8Array<ArrayBuffer> | null> {
    const bytes = this.whole();
    return bytes === undefined || bytes.length === 0 ? null : bytes;
  }

  cancel(): void {
    this.#isTaken = true;
  }
}

function respond(exchange: number, response: unknown): void {
  const { status, headerLines, body } = outgoing(response);
  if (body === null) primitives.respond(exchange, status, headerLines);
  else if (typeof body === 'string') {
    primitives.respond(exchange, status, headerLines, body.isWellFormed() ? body : body.toWellFormed());
  } else if (body instanceof Uint8Array) {
    const isWhole = body.byteOffset === 0 && body.byteLength === body.buffer.byteLength;
    primitives.respond(exchange, status, headerLines, isWhole ? body.buffer : body.slice().buffer);
  } else collect(exchange, status, headerLines, body).catch((error: unknown) => fail(exchange, error));
}

async function collect(exchange: number, status: number, headerLines: string, body: BodyReader): Promise<void> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
  }
  const all = new Uint8Array(sizeBytes);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  primitives.respond(exchange, status, headerLines, all.buffer);
}

const failureLines = 'content-type: text/plain;charset=UTF-8\r\n';

function fail(exchange: number, error: unknown): void {
  reportException(error);
  primitives.respond(exchange, 500, failureLines, 'Internal Server Error\n');
}

function answer(exchange: number, response: unknown): void {
  try {
    respond(exchange, response);
  } catch (error) {
    fail(exchange, error);
  }
}

function onRequest(exchange: number): void {
  try {
    environment ??= readEnvironment();
    const request = incomingRequest(
      methods[primitives.method()] ?? '',
      primitives.url(),
      () => {
        const fields = primitives.fields(exchange);
        return fields === '' ? [] : fields.split('\n');
      },
      new RequestBody(exchange),
    );
    const response = application.fetch(request, environment, new ExecutionContext());
    if (response instanceof Promise) {
      response.then(
        (value) => answer(exchange, value),
        (error: unknown) => fail(exchange, error),
      );
    } else respond(exchange, response);
  } catch (error) {
    fail(exchange, error);
  }
}

/** The glue runs jobs between calls; one call runs all timers that are due. */
function onAlarm(): void {
  while (runTimer());
}

export function serve(program: unknown): void {
  application = program as Application;
  primitives.register(onRequest, onAlarm, () => {});
}
