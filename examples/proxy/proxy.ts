/**
 * A reverse proxy that holds nothing: what it gets of a body it passes on, in both directions, as fast as the slower side
 * takes it. `diatom run examples/proxy --env UPSTREAM=http://books:8080`; where it may connect to stands in diatom.json.
 */
import { forwardedHeaders, returnedHeaders } from './headers.ts';

interface Environment {
  /** `http://HOST:PORT` or `https://HOST`, without a path. */
  readonly UPSTREAM?: string;
}

const refuse = (status: number, text: string): Response => new Response(`${text}\n`, { status });

export default {
  async fetch(request: Request, env: Environment): Promise<Response> {
    if (env.UPSTREAM === undefined) return refuse(500, 'UPSTREAM is not set');
    const url = new URL(request.url);
    // Put together as text: resolved against the upstream, a path like //elsewhere/ would name another host.
    const target = `${new URL(env.UPSTREAM).origin}${url.pathname}${url.search}`;
    try {
      const answer = await fetch(target, {
        method: request.method,
        headers: forwardedHeaders(request.headers, url),
        body: request.body,
        duplex: 'half',
        // The client follows redirects, or does not.
        redirect: 'manual',
        // A client that goes away ends the request to the upstream, too.
        signal: request.signal,
      });
      const { status, statusText } = answer;
      return new Response(answer.body, { status, statusText, headers: returnedHeaders(answer.headers) });
    } catch (error) {
      if (request.signal.aborted) return refuse(499, 'the client has gone');
      console.error(error);
      return refuse(502, 'the upstream does not answer');
    }
  },
} satisfies Application<Environment>;
