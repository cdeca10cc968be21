/** What belongs to one request beside the request itself. */
interface ExecutionContext {
  /** Work that goes on after the response; its rejection is logged. */
  waitUntil(work: Promise<unknown>): void;
  /** For programs written for platforms that have an origin to fall back on; there is none here. */
  passThroughOnException(): void;
}

/**
 * What the module of an application exports as default.
 *
 * ```ts
 * interface Env { readonly GREETING: string }
 *
 * export default {
 *   fetch: (request, env) => new Response(`${env.GREETING} ${new URL(request.url).pathname}`),
 * } satisfies Application<Env>;
 * ```
 *
 * @template Env the variables that the pod sets, from its `env`, Secrets and ConfigMaps: all are strings
 */
interface Application<Env = Readonly<Record<string, string>>> {
  fetch(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response>;
}
