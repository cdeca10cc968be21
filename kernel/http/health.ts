/**
 * /healthz, /livez and /readyz, and each check under its own path, as Kubernetes answers them (apiserver
 * pkg/server/healthz/healthz.go). Open to everybody, so the reason of a failure stays in the log of what failed.
 */
import type { ApiRequest, ApiResponse } from '@diatom/sdk/api';

export type HealthChecks = Readonly<Record<string, () => Promise<unknown>>>;

export interface HealthRequest {
  readonly endpoint: string;
  /** A single check; undefined: all of them. */
  readonly check: string | undefined;
  readonly isVerbose: boolean;
  readonly excluded: readonly string[];
}

export function parseHealthRequest({ method, path }: ApiRequest): HealthRequest | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  const match = /^\/(healthz|livez|readyz)(?:\/([a-z0-9-]+)?)?(?:\?(.*))?$/.exec(path);
  if (match === null) return undefined;
  const [, endpoint = '', check, query = ''] = match;
  const parameters = new URLSearchParams(query);
  return { endpoint, check, isVerbose: parameters.has('verbose'), excluded: parameters.getAll('exclude') };
}

export async function answerHealth(request: HealthRequest, checks: HealthChecks): Promise<ApiResponse> {
  const { endpoint, check, isVerbose, excluded } = request;
  const all: HealthChecks = { ping: async () => {}, ...checks };
  if (check !== undefined && !Object.hasOwn(all, check)) return text(404, '404 page not found\n');
  const names = check === undefined ? Object.keys(all) : [check];
  const results = await Promise.all(names.map((name) => lineOf(name, excluded.includes(name) ? undefined : all[name])));
  const failed = results.some(({ isWell }) => !isWell);
  if (!failed && !isVerbose) return text(200, 'ok');
  const strangers = excluded.filter((name) => !names.includes(name)).map((name) => JSON.stringify(name));
  const warning = `warn: some health checks cannot be excluded: no matches for ${strangers.join(', ')}`;
  const lines = [...results.map(({ line }) => line), ...(strangers.length === 0 ? [] : [warning])];
  return text(failed ? 500 : 200, `${lines.join('\n')}\n${endpoint} check ${failed ? 'failed' : 'passed'}\n`);
}

/** Without a check it is one that was left out. */
async function lineOf(name: string, run: (() => Promise<unknown>) | undefined): Promise<CheckLine> {
  if (run === undefined) return { isWell: true, line: `[+]${name} excluded: ok` };
  try {
    await run();
    return { isWell: true, line: `[+]${name} ok` };
  } catch {
    return { isWell: false, line: `[-]${name} failed: reason withheld` };
  }
}

interface CheckLine {
  readonly isWell: boolean;
  readonly line: string;
}

const text = (status: number, body: string): ApiResponse => ({
  status,
  headers: {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-cache, private',
    'x-content-type-options': 'nosniff',
  },
  body,
});
