/** Sends requests to other hosts: what the tests in calls-suite.ts ask for. */
import { outcome } from './outcome.ts';

async function sizeOf(response: Response): Promise<number> {
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) sizeBytes += (chunk as Uint8Array).byteLength;
  return sizeBytes;
}

// biome-ignore lint/style/noDefaultExport: the shape of a program
export default {
  async fetch(request: Request, env: { readonly UPSTREAM: string }): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const upstream = env.UPSTREAM;
    const count = Number(searchParams.get('count'));
    switch (pathname) {
      case '/outcome': {
        const { url, asked } = (await request.json()) as { readonly url: string; readonly asked: object };
        return Response.json(await outcome(url, asked));
      }
      case '/at-once': {
        const answers = await Promise.all(
          Array.from({ length: count }, async (_, at) => (await fetch(`${upstream}/slow?${at}`)).text()),
        );
        return Response.json(answers.filter((answer, at) => answer === `GET /slow?${at}`).length);
      }
      case '/one-by-one': {
        let good = 0;
        for (let at = 0; at < count; at++) {
          if ((await (await fetch(`${upstream}/short?${at}`)).text()) === `GET /short?${at}`) good++;
        }
        return Response.json(good);
      }
      case '/dropped': {
        for (let at = 0; at < count; at++) await fetch(`${upstream}/large`);
        return new Response('dropped');
      }
      case '/size':
        return Response.json(await sizeOf(await fetch(`${upstream}${searchParams.get('path')}`)));
      case '/slowly': {
        const response = await fetch(`${upstream}/endless`);
        const reader = response.body?.getReader();
        await reader?.read();
        await new Promise((resolve) => setTimeout(resolve, count));
        await reader?.cancel();
        return new Response('read a little');
      }
      case '/pass':
        return fetch(`${upstream}${searchParams.get('path')}`, {
          method: request.method,
          ...(request.body === null ? {} : { body: request.body, duplex: 'half' }),
        } as RequestInit);
      default:
        return new Response('not found', { status: 404 });
    }
  },
};
