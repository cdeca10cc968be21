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
  const wanted = Object.entries(all).filter(([name]) =>
    check === undefined ? !excluded.includes(name) : name === check,
  );
  const results = await Promise.allSettled(wanted.map(([, run]) => run()));
  const failed = results.some((result) => result.status === 'rejected');
  if (!failed && !isVerbose) return text(200, 'ok');
  const lines = wanted.map(([name], index) =>
    results[index]?.status === 'fulfilled' ? `[+]${name} ok` : `[-]${name} failed: reason withheld`,
  );
  return text(failed ? 500 : 200, `${lines.join('\n')}\n${endpoint} check ${failed ? 'failed' : 'passed'}\n`);
}

const text = (status: number, body: string): ApiResponse => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache, private' },
  body,
});
