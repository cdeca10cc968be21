import type { KubernetesObject } from '../api/meta.ts';
import { type Clock, pause, systemClock } from '../clock/clock.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { type ApiError, toApiError } from './errors.ts';
import { ResourceClient } from './resource-client.ts';
import type { Transport, TransportResponse } from './transport.ts';

export interface ClientOptions {
  /** Sent as User-Agent; also the default field manager. */
  readonly userAgent?: string;
  readonly clock?: Clock;
  /** How often a request that was told to come back later (429, 503 with Retry-After) is repeated. Default 10, as client-go. */
  readonly maxRetries?: number;
}

export interface RequestOptions {
  readonly method: string;
  readonly path: string;
  readonly query?: QueryParameters;
  /** An object is sent as JSON; a string as it is. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal | undefined;
}

export type QueryParameters = Readonly<Record<string, string | number | boolean | undefined>>;

const maxRetryAfterMs = 60_000;

/** The API as functions. One client may be used from anywhere at once; it holds no state but its transport. */
export class Client {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly userAgent: string;
  readonly #maxRetries: number;

  constructor(transport: Transport, options: ClientOptions = {}) {
    this.transport = transport;
    this.clock = options.clock ?? systemClock;
    this.userAgent = options.userAgent ?? 'diatom-sdk';
    this.#maxRetries = options.maxRetries ?? 10;
  }

  /** Everything that can be done with one kind of object; `namespace` limits it to one namespace. */
  resource<T extends KubernetesObject>(type: ResourceType<T>, namespace?: string): ResourceClient<T> {
    return new ResourceClient<T>(this, type, namespace);
  }

  /** One request, its answer parsed as JSON. Throws ApiError for every status from 400 on. */
  async request<T>(options: RequestOptions): Promise<T> {
    return JSON.parse(await this.requestText(options)) as T;
  }

  async requestText(options: RequestOptions): Promise<string> {
    const response = await this.#send(options, false);
    if (response.kind === 'complete') return response.body;
    let text = '';
    for await (const chunk of response.chunks) text += chunk;
    return text;
  }

  /** One request whose body is handed over as it arrives. */
  async requestStream(options: RequestOptions): Promise<AsyncIterable<string>> {
    const response = await this.#send(options, true);
    return response.kind === 'stream' ? response.chunks : once(response.body);
  }

  async #send(options: RequestOptions, stream: boolean): Promise<TransportResponse> {
    const path = options.path + formatQuery(options.query);
    const attempt = `${options.method} ${path}`;
    const headers: Record<string, string> = {
      accept: options.accept ?? 'application/json',
      'user-agent': this.userAgent,
    };
    const body =
      options.body === undefined || typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
    if (body !== undefined) headers['content-type'] = options.contentType ?? 'application/json';
    for (let retries = 0; ; retries += 1) {
      const response = await this.transport.send({
        method: options.method,
        path,
        headers,
        stream,
        signal: options.signal,
        ...(body === undefined ? {} : { body }),
      });
      if (response.status < 400) return response;
      const error = toApiError(attempt, response.status, response.headers, await readAll(response));
      if (retries >= this.#maxRetries || !mayRepeat(error)) throw error;
      await pause(Math.min(error.retryAfterMs ?? 0, maxRetryAfterMs), this.clock, options.signal);
    }
  }

  close(): Promise<void> {
    return this.transport.close();
  }
}

/** The server refused before doing anything and said when to come back (client-go rest/with_retry.go). */
function mayRepeat(error: ApiError): boolean {
  return (error.code === 429 || error.code === 503) && error.retryAfterMs !== undefined;
}

async function readAll(response: TransportResponse): Promise<string> {
  if (response.kind === 'complete') return response.body;
  let text = '';
  for await (const chunk of response.chunks) text += chunk;
  return text;
}

async function* once(body: string): AsyncGenerator<string, void, undefined> {
  yield body;
}

export function formatQuery(query: QueryParameters | undefined): string {
  if (query === undefined) return '';
  const terms: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) terms.push(`${name}=${encodeURIComponent(value)}`);
  }
  return terms.length === 0 ? '' : `?${terms.join('&')}`;
}
