/** Sends requests to other hosts: what the tests in calls-suite.ts ask for. */
import { outcome } from './outcome.ts';

async function sizeOf(response: Response): Promise<number> {
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) sizeBytes += (chunk as Uint8Array).byteLength;
  return sizeBytes;
}

interface Context {
  waitUntil(work: Promise<unknown>): void;
}

type Kind = (upstream: string) => Promise<boolean>;

/** Everything a request can come to; each says whether it was as it should be. */
const kinds: readonly Kind[] = [
  async (upstream) => (await (await fetch(`${upstream}/short`)).text()) === 'GET /short',
  async (upstream) =>
    (await (await fetch(`${upstream}/length`, { method: 'POST', body: 'twelve bytes' })).text()) === '12',
  async (upstream) => (await (await fetch(`${upstream}/encoded?coding=gzip`)).text()).length === 3800,
  async (upstream) => {
    const body = new Blob(['streamed ', 'body']).stream();
    return (
      (await (await fetch(`${upstream}/length`, { method: 'POST', body, duplex: 'half' } as RequestInit)).text()) ===
      '13'
    );
  },
  async (upstream) => {
    const controller = new AbortController();
    const answer = fetch(`${upstream}/never`, { signal: controller.signal });
    await null;
    controller.abort();
    return answer.then(
      () => false,
      (error: Error) => error.name === 'AbortError',
    );
  },
  async (upstream) => {
    const reader = (await fetch(`${upstream}/endless`)).body?.getReader();
    const isSome = (await reader?.read())?.done === false;
    await reader?.cancel();
    return isSome;
  },
  async (upstream) => (await fetch(`${upstream}/redirect`)).redirected,
  () =>
    fetch('http://127.0.0.1:2/').then(
      () => false,
      (error: Error) => error.name === 'TypeError',
    ),
  async (upstream) => (await fetch(`${upstream}/short`)).ok,
  (upstream) =>
    fetch(`${upstream}/broken?kind=cut`)
      .then((response) => response.text())
      .then(
        () => false,
        (error: Error) => error.name === 'TypeError',
      ),
];

async function mixed(upstream: string, count: number): Promise<readonly number[]> {
  const wrong: number[] = [];
  for (let at = 0; at < count; at += 20) {
    const answers = Array.from({ length: 20 }, async (_, more) => {
      const kind = (at + more) % kinds.length;
      if ((await kinds[kind]?.(upstream)) !== true) wrong.push(kind);
    });
    await Promise.all(answers);
  }
  return wrong;
}

// biome-ignore lint/style/noDefaultExport: the shape of a program
export default {
  async fetch(request: Request, env: { readonly UPSTREAM: string }, context: Context): Promise<Response> {
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
      case '/mixed':
        return Response.json(await mixed(upstream, count));
      case '/abandoned-upload': {
        const controller = new AbortController();
        const { promise, resolve } = Promise.withResolvers<string>();
        const body = new ReadableStream({
          pull: (stream) => stream.enqueue(new Uint8Array(50_000)),
          cancel: () => resolve('cancelled'),
        });
        const init = { method: 'POST', body, duplex: 'half', signal: controller.signal };
        const answer = fetch(`${upstream}/never`, init as RequestInit);
        setTimeout(() => controller.abort(new RangeError('enough')), 20);
        return Response.json([await answer.catch((error: Error) => error.name), await promise]);
      }
      case '/upload': {
        const body = new Uint8Array(count).fill(7);
        return fetch(`${upstream}/length`, { method: 'POST', body });
      }
      case '/forward':
        return fetch(new Request(`${upstream}/echo`, request));
      case '/behind':
        context.waitUntil(
          fetch(`${upstream}/short`).then(async (answer) => console.log(`behind: ${await answer.text()}`)),
        );
        return new Response('answered');
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
