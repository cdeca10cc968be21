/** For the tests of this folder: one kernel for a file, a namespace for each test, and the API in one line per call. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import type { Transport } from '@diatom/sdk';
import { startKernel, type TestKernel } from '../kernel.ts';

/** What the API answers: looked into with `at`, compared with deepEqual. */
export type Body = { readonly [key: string]: unknown };

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
  readonly text: string;
}

const patchTypes = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

export interface WatchEvent {
  readonly type: string;
  readonly object: Body;
}

export interface Watch {
  /** Passes over events until one fits. */
  until(type: string, holds?: (object: Body) => boolean): Promise<Body>;
  next(): Promise<WatchEvent>;
  close(): Promise<void>;
}

/** `at(pod, 'spec.containers.0.name')`; undefined where there is nothing. */
export function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown> | null | undefined)?.[key], value);
}

export const nameOf = (object: unknown): string => String(at(object, 'metadata.name'));
export const itemsOf = (list: Body): readonly Body[] => (list.items ?? []) as readonly Body[];
export const namesOf = (list: Body): string[] => itemsOf(list).map(nameOf);

export class Api {
  readonly transport: () => Transport;

  constructor(transport: () => Transport) {
    this.transport = transport;
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const answer = await this.transport().send({
      method,
      path,
      headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
      stream: false,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    if (answer.kind !== 'complete') throw new Error(`${method} ${path} was answered with a stream`);
    const parsed = answer.body.startsWith('{') ? JSON.parse(answer.body) : {};
    return { status: answer.status, headers: answer.headers, body: parsed, text: answer.body };
  }

  /** The body of an answer that has to be a success. */
  async ok(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Body> {
    const answer = await this.send(method, path, body, headers);
    if (answer.status >= 300)
      throw new assert.AssertionError({ message: `${method} ${path}: ${answer.status} ${answer.text}` });
    return answer.body;
  }

  /** The message of an answer that has to be this failure. */
  async refused(status: number, method: string, path: string, body?: unknown, type?: string): Promise<string> {
    const answer = await this.send(method, path, body, type === undefined ? {} : { 'content-type': type });
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
    return String(answer.body.message);
  }

  get = (path: string): Promise<Body> => this.ok('GET', path);
  create = (path: string, object: object): Promise<Body> => this.ok('POST', path, object);
  update = (path: string, object: object): Promise<Body> => this.ok('PUT', path, object);
  delete = (path: string, options?: object): Promise<Body> => this.ok('DELETE', path, options);

  patch(path: string, change: unknown, type: keyof typeof patchTypes = 'merge'): Promise<Body> {
    return this.ok('PATCH', path, change, { 'content-type': patchTypes[type] });
  }

  /** Reads the object, changes it and writes it back, as often as somebody else was faster. */
  async change(path: string, change: (object: Record<string, unknown>) => void): Promise<Body> {
    for (;;) {
      const object = structuredClone(await this.get(path)) as Record<string, unknown>;
      change(object);
      const answer = await this.send('PUT', path, object);
      if (answer.status === 409) continue;
      assert.equal(answer.status, 200, answer.text);
      return answer.body;
    }
  }

  async gone(path: string): Promise<void> {
    assert.equal((await this.send('GET', path)).status, 404, path);
  }

  async watch(path: string): Promise<Watch> {
    const stop = new AbortController();
    const mark = path.includes('?') ? '&' : '?';
    const answer = await this.transport().send({
      method: 'GET',
      path: `${path}${mark}watch=true`,
      headers: { accept: 'application/json' },
      stream: true,
      signal: stop.signal,
    });
    if (answer.kind !== 'stream') throw new Error(`${path} was answered ${answer.status}: ${answer.body}`);
    const chunks = answer.chunks[Symbol.asyncIterator]();
    const events: WatchEvent[] = [];
    let rest = '';
    const next = async (): Promise<WatchEvent> => {
      for (;;) {
        const event = events.shift();
        if (event !== undefined) return event;
        const { value, done } = await chunks.next();
        if (done === true) throw new Error(`the watch of ${path} has ended`);
        const lines = (rest + value).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== '') events.push(JSON.parse(line) as WatchEvent);
      }
    };
    return {
      next,
      until: async (type, holds = () => true) => {
        for (;;) {
          const event = await next();
          if (event.type === type && holds(event.object)) return event.object;
        }
      },
      close: async () => {
        stop.abort();
        await chunks.return?.();
      },
    };
  }

  /** Polls by watching: resolves with the object as soon as `holds` is true of it. */
  async waitFor(collection: string, name: string, holds: (object: Body) => boolean): Promise<Body> {
    const watch = await this.watch(`${collection}?fieldSelector=metadata.name%3D${name}`);
    try {
      for (;;) {
        const { type, object } = await watch.next();
        if (type !== 'DELETED' && holds(object)) return object;
      }
    } finally {
      await watch.close();
    }
  }

  /** Resolves when the object is gone. */
  async waitForGone(collection: string, name: string): Promise<void> {
    const list = await this.get(`${collection}?fieldSelector=metadata.name%3D${name}`);
    if (itemsOf(list).length === 0) return;
    const from = String(at(list, 'metadata.resourceVersion'));
    const watch = await this.watch(`${collection}?fieldSelector=metadata.name%3D${name}&resourceVersion=${from}`);
    await watch.until('DELETED');
    await watch.close();
  }

  #namespaces = 0;

  /** A namespace of the test's own. */
  async namespace(): Promise<string> {
    const name = `conformance-${++this.#namespaces}`;
    await this.create('/api/v1/namespaces', { metadata: { name } });
    return name;
  }
}

export interface Suite {
  readonly api: Api;
  readonly kernel: () => TestKernel;
}

/** A kernel for the tests of the file that calls it. */
export function suite(): Suite {
  let kernel: TestKernel | undefined;
  let transport: Transport | undefined;
  const started = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the kernel is not started');
    return value;
  };
  before(async () => {
    kernel = await startKernel();
    transport = kernel.port();
  });
  after(() => kernel?.[Symbol.asyncDispose]());
  return { api: new Api(() => started(transport)), kernel: () => started(kernel) };
}
