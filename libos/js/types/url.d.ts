declare class URL {
  static canParse(url: string | URL, base?: string | URL): boolean;
  static parse(url: string | URL, base?: string | URL): URL | null;
  constructor(url: string | URL, base?: string | URL);
  hash: string;
  host: string;
  hostname: string;
  href: string;
  readonly origin: string;
  password: string;
  pathname: string;
  port: string;
  protocol: string;
  search: string;
  readonly searchParams: URLSearchParams;
  username: string;
  toJSON(): string;
  toString(): string;
  readonly [Symbol.toStringTag]: string;
}

declare class URLSearchParams {
  constructor(
    init?: string | URLSearchParams | FormData | Iterable<readonly string[]> | Readonly<Record<string, string>> | null,
  );
  readonly size: number;
  append(name: string, value: string): void;
  delete(name: string, value?: string): void;
  entries(): IteratorObject<[string, string], undefined>;
  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, thisArgument?: unknown): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: string): boolean;
  keys(): IteratorObject<string, undefined>;
  set(name: string, value: string): void;
  sort(): void;
  toString(): string;
  values(): IteratorObject<string, undefined>;
  [Symbol.iterator](): IteratorObject<[string, string], undefined>;
  readonly [Symbol.toStringTag]: string;
}

interface URLPatternInit {
  baseURL?: string;
  hash?: string;
  hostname?: string;
  password?: string;
  pathname?: string;
  port?: string;
  protocol?: string;
  search?: string;
  username?: string;
}

interface URLPatternOptions {
  ignoreCase?: boolean;
}

interface URLPatternComponentResult {
  readonly groups: { readonly [name: string]: string | undefined };
  readonly input: string;
}

interface URLPatternResult {
  readonly hash: URLPatternComponentResult;
  readonly hostname: URLPatternComponentResult;
  readonly inputs: readonly (string | URLPatternInit)[];
  readonly password: URLPatternComponentResult;
  readonly pathname: URLPatternComponentResult;
  readonly port: URLPatternComponentResult;
  readonly protocol: URLPatternComponentResult;
  readonly search: URLPatternComponentResult;
  readonly username: URLPatternComponentResult;
}

declare class URLPattern {
  constructor(input: string | URLPatternInit, baseURL: string, options?: URLPatternOptions);
  constructor(input?: string | URLPatternInit, options?: URLPatternOptions);
  readonly hasRegExpGroups: boolean;
  readonly hash: string;
  readonly hostname: string;
  readonly password: string;
  readonly pathname: string;
  readonly port: string;
  readonly protocol: string;
  readonly search: string;
  readonly username: string;
  exec(input?: string | URL | URLPatternInit, baseURL?: string): URLPatternResult | null;
  test(input?: string | URL | URLPatternInit, baseURL?: string): boolean;
}
