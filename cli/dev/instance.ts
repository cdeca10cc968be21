/**
 * A program as in an image, but in V8: the same joined module with our own web APIs, in a global scope that has nothing of
 * Node's, over the same primitives (libos/js/runtime/primitives.ts). A debugger sees an ordinary script.
 */
import { randomFillSync } from 'node:crypto';
import { constants, createContext, runInContext, SourceTextModule } from 'node:vm';
import { createCompute } from '@diatom/libos/compute-in-v8';
import type { CallPrimitives, Primitives } from '@diatom/libos/js/runtime/primitives.ts';
import { createCalls } from './calls.ts';
import { defineDomException } from './dom-exception.ts';
import { type Exchange, Exchanges, methods } from './exchanges.ts';
import type { Program } from './messages.ts';
import { guardTopLevel } from './top-level.ts';

export interface Instance {
  request(exchange: Exchange): void;
  /** Whether a promise was rejected and nobody listens; again when somebody does. */
  rejection(promise: Promise<unknown>, reason: unknown, isHandled: boolean): void;
  exception(error: unknown): void;
  /** It gets no more requests, and its timers end when its last answer is given. */
  retire(): void;
}

/** What stacks call the joined module; the program's own places are put there by libos/js/runtime/places.ts. */
const moduleName = 'app.js';

/** What V8 has and the engine of an image has not. */
const absent = ['console', 'Intl', 'WebAssembly'];

/** The global scope of a program: what it gets is made there, so that its `instanceof` knows it. */
type Scope = typeof globalThis;

type Registered = Parameters<Primitives['register']>;

/** Throws what the top level throws. */
export async function startInstance(
  { code, environment, bodyBytes, connect }: Program,
  onConsole: (text: string) => void,
): Promise<Instance> {
  const exchanges = new Exchanges();
  const scope = createContext(constants.DONT_CONTEXTIFY) as Scope;
  /** Buffers are parts of larger ones; a program gets its own, of its own global scope. */
  const wholeBuffer = (bytes: Uint8Array): ArrayBuffer => {
    const buffer = new scope.ArrayBuffer(bytes.length);
    new Uint8Array(buffer).set(bytes);
    return buffer;
  };
  const startedMs = performance.now();
  let isTopLevel = true;
  let isRetired = false;
  let alarm: NodeJS.Timeout | undefined;
  let registered: Registered | undefined;

  const [
    onRequest,
    onDeferred,
    onWritable,
    onAlarm,
    onRejection,
    onRejectionsLeft,
    onInterrupted,
    onGone,
    onReceivable,
  ] = [
    (...words: Parameters<Registered[0]>) => registered?.[0](...words),
    (number: number) => registered?.[1](number),
    (number: number) => registered?.[2](number),
    () => registered?.[3](),
    (...words: Parameters<Registered[4]>) => registered?.[4](...words),
    () => registered?.[5](),
    (error: unknown) => registered?.[6](error),
    (number: number) => registered?.[7](number),
    (number: number) => registered?.[8](number),
  ];
  const calls = createCalls(connect, wholeBuffer);
  const compute = createCompute();

  /** A build refuses what only a running instance has: so do we, before somebody has come to rely on it. */
  const refuseAtTopLevel = (what: string): void => {
    if (isTopLevel) {
      throw new Error(
        `the top level asks for ${what}; it runs when the image is built: ask in fetch, or in what it calls`,
      );
    }
  };

  const exchangeOf = (number: number): Exchange => {
    const exchange = exchanges.get(number);
    if (exchange === undefined) throw new Error(`request ${number} is over`);
    return exchange;
  };

  const primitives: Primitives & CallPrimitives = {
    ...calls,
    write: onConsole,
    monotonic: () => {
      refuseAtTopLevel('the clock');
      return performance.now() - startedMs;
    },
    wall: () => {
      refuseAtTopLevel('the clock');
      return Date.now();
    },
    random: (sizeBytes) => {
      refuseAtTopLevel('randomness');
      return randomFillSync(new scope.ArrayBuffer(sizeBytes));
    },
    encode: (text) => wholeBuffer(Buffer.from(text)),
    compute: (operation, ...operands) => {
      const outcome = compute(operation, ...operands);
      return typeof outcome === 'object' ? wholeBuffer(new Uint8Array(outcome)) : outcome;
    },
    decode: (bytes, offset, sizeBytes) => Buffer.from(bytes as ArrayBuffer, offset, sizeBytes).toString(),
    wakeAt: (deadlineMs) => {
      refuseAtTopLevel('a timer');
      clearTimeout(alarm);
      alarm = undefined;
      if (deadlineMs === Number.POSITIVE_INFINITY || (isRetired && exchanges.count === 0)) return;
      alarm = setTimeout(onAlarm, Math.max(0, deadlineMs - (performance.now() - startedMs)));
    },
    environment: () => {
      refuseAtTopLevel('the environment');
      const entries = Object.entries(environment).map(([name, value]) => `${name}=${value}\0`);
      return wholeBuffer(Buffer.from(entries.join('')));
    },
    register: (...functions) => {
      registered = functions;
    },
    fields: (number) => fieldText(exchangeOf(number).request.rawHeaders),
    body: (number) => {
      const body = exchanges.get(number)?.body.whole();
      return body === undefined || typeof body === 'number' ? body : wholeBuffer(body);
    },
    bodyLimit: () => bodyBytes,
    receive: (number) => {
      const received = exchanges.receive(number, onReceivable);
      return typeof received === 'number' ? received : wholeBuffer(received);
    },
    respond: (number, status, lines, body) => exchanges.respond(number, status, lines, body),
    respondStream: (number, status, lines) => exchanges.respondStream(number, status, lines),
    piece: (number, bytes) => exchanges.piece(number, bytes),
    finish: (number) => exchanges.finish(number),
    abort: (number) => exchanges.abort(number),
    isOpen: (number) => exchanges.get(number) !== undefined,
  };

  for (const name of absent) Reflect.deleteProperty(scope, name);
  // What the engine of an image has beyond ECMAScript.
  const provided = {
    DOMException: runInContext(`(${defineDomException})()`, scope),
    queueMicrotask: runInContext(`(${defineQueueMicrotask})`, scope)(queueMicrotask),
  };
  const hidden = { writable: true, configurable: true, enumerable: false };
  for (const [name, value] of Object.entries(provided)) Object.defineProperty(scope, name, { ...hidden, value });
  Object.defineProperty(scope, '__host', { value: primitives, configurable: true });
  const module = new SourceTextModule(code, { context: scope, identifier: moduleName });
  await module.link(() => {
    throw new Error('a joined module imports nothing');
  });
  const releaseTopLevel = guardTopLevel(scope, refuseAtTopLevel);
  await module.evaluate();
  isTopLevel = false;
  releaseTopLevel();

  /** One request a turn: the program remembers what `fetch` gave until its turn is over. */
  const arrived: Exchange[] = [];
  const turn = (): void => {
    const exchange = arrived[0];
    if (exchange === undefined) return;
    const number = exchanges.add(exchange, onWritable, (gone) => {
      // Whoever waits for it to take or to give more learns that it is not there.
      onWritable(gone);
      onReceivable(gone);
      onGone(gone);
    });
    const { method = '', headers, url = '/' } = exchange.request;
    onRequest(number, methods.indexOf(method), `http://${headers.host ?? 'localhost'}${url}`);
    setImmediate(() => {
      if (exchanges.get(number) !== undefined) onDeferred(number);
      arrived.shift();
      turn();
    });
  };

  return {
    request: (exchange) => {
      arrived.push(exchange);
      if (arrived.length === 1) setImmediate(turn);
      exchange.response.once('close', () => {
        if (isRetired && exchanges.count === 0) clearTimeout(alarm);
      });
    },
    rejection: (promise, reason, isHandled) => {
      onRejection(promise, reason, isHandled);
      onRejectionsLeft();
    },
    exception: onInterrupted,
    retire: () => {
      isRetired = true;
      if (exchanges.count === 0 && arrived.length === 0) clearTimeout(alarm);
    },
  };
}

/** Evaluated in the scope of the program from its text: its errors are of that scope. */
function defineQueueMicrotask(queue: typeof queueMicrotask): (callback: unknown) => void {
  return function queueMicrotask(callback) {
    if (typeof callback !== 'function') throw new TypeError('queueMicrotask: the callback is not a function');
    queue(() => callback());
  };
}

/** As the library OS gives them: names lower case, one character a byte. */
function fieldText(rawHeaders: readonly string[]): string {
  return rawHeaders.map((text, at) => (at % 2 === 0 ? text.toLowerCase() : text)).join('\n');
}
