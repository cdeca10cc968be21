type HeadersInit = Headers | Iterable<readonly string[]> | Readonly<Record<string, string>>;

declare class Headers {
  constructor(init?: HeadersInit);
  append(name: string, value: string): void;
  delete(name: string): void;
  entries(): IteratorObject<[string, string], undefined>;
  forEach(callback: (value: string, name: string, headers: Headers) => void, thisArgument?: unknown): void;
  get(name: string): string | null;
  getSetCookie(): string[];
  has(name: string): boolean;
  keys(): IteratorObject<string, undefined>;
  set(name: string, value: string): void;
  values(): IteratorObject<string, undefined>;
  [Symbol.iterator](): IteratorObject<[string, string], undefined>;
  readonly [Symbol.toStringTag]: string;
}

type BodyInit = string | BufferSource | Blob | FormData | URLSearchParams | ReadableStream;

interface Body {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  readonly bodyUsed: boolean;
  arrayBuffer(): Promise<ArrayBuffer>;
  blob(): Promise<Blob>;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  formData(): Promise<FormData>;
  json<Value = unknown>(): Promise<Value>;
  text(): Promise<string>;
}

type RequestInfo = Request | string;
type RequestRedirect = 'error' | 'follow' | 'manual';

interface RequestInit {
  body?: BodyInit | null | undefined;
  /** Needed when the body is a stream. */
  duplex?: 'half' | undefined;
  headers?: HeadersInit | undefined;
  method?: string | undefined;
  redirect?: RequestRedirect | undefined;
  signal?: AbortSignal | null | undefined;
  // Kept and handed back; they change nothing outside a browser.
  cache?: string | undefined;
  credentials?: string | undefined;
  integrity?: string | undefined;
  keepalive?: boolean | undefined;
  mode?: string | undefined;
  referrer?: string | undefined;
  referrerPolicy?: string | undefined;
}

interface Request extends Body {}

declare class Request {
  constructor(input: RequestInfo | URL, init?: RequestInit | null);
  readonly cache: string;
  readonly credentials: string;
  readonly destination: string;
  readonly duplex: 'half';
  readonly headers: Headers;
  readonly integrity: string;
  readonly keepalive: boolean;
  readonly method: string;
  readonly mode: string;
  readonly redirect: RequestRedirect;
  readonly referrer: string;
  readonly referrerPolicy: string;
  readonly signal: AbortSignal;
  readonly url: string;
  clone(): Request;
  readonly [Symbol.toStringTag]: string;
}

interface ResponseInit {
  headers?: HeadersInit | undefined;
  status?: number | undefined;
  statusText?: string | undefined;
}

type ResponseType = 'basic' | 'cors' | 'default' | 'error' | 'opaque' | 'opaqueredirect';

interface Response extends Body {}

declare class Response {
  static error(): Response;
  static json(data: unknown, init?: ResponseInit | null): Response;
  static redirect(url: string | URL, status?: number): Response;
  constructor(body?: BodyInit | null, init?: ResponseInit | null);
  readonly headers: Headers;
  readonly ok: boolean;
  readonly redirected: boolean;
  readonly status: number;
  readonly statusText: string;
  readonly type: ResponseType;
  readonly url: string;
  clone(): Response;
  readonly [Symbol.toStringTag]: string;
}

declare function fetch(input: RequestInfo | URL, init?: RequestInit | null): Promise<Response>;
