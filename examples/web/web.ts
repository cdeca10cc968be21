/** An ordinary TypeScript service: `diatom run examples/web/web.ts`, then `curl http://127.0.0.1:8080/hello?name=you`. */

interface Environment {
  readonly GREETING?: string;
}

export default {
  fetch(request: Request, env: Environment): Response {
    const url = new URL(request.url);
    if (url.pathname !== '/hello') return Response.json({ error: `nothing at ${url.pathname}` }, { status: 404 });
    const name = url.searchParams.get('name') ?? 'world';
    return new Response(`${env.GREETING ?? 'Hello'}, ${name}\n`);
  },
};
