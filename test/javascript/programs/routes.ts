/** What test/javascript/service.ts asks for. */

interface Context {
  waitUntil(work: Promise<unknown>): void;
}

const wait = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));

/** One million steps at a time: only an interruption ends it. */
function spin(): never {
  for (let at = 0; ; at = (at + 1) % 1_000_000);
}

const depthOf = (depth: number): number => 1 + depthOf(depth + 1);

function blocks(limit: number): Response {
  let count = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (++count > limit) controller.close();
      else controller.enqueue(new Uint8Array(65_536).fill(count));
    },
    cancel: () => console.log('nobody reads any more'),
  });
  return new Response(body);
}

const routes: Readonly<
  Record<string, (request: Request, env: unknown, context: Context) => Response | Promise<Response>>
> = {
  '/echo': async (request) =>
    new Response(await request.text(), { headers: { 'content-type': request.headers.get('content-type') ?? '' } }),
  '/dated': () => new Response('then', { headers: { date: 'Sun, 06 Nov 1994 08:49:37 GMT' } }),
  '/json': async (request) => {
    const { number } = (await request.json()) as { readonly number: number };
    return Response.json({ number: number + 1, query: new URL(request.url).searchParams.get('q') });
  },
  '/later': async (request) => {
    await wait(20);
    return new Response(`${request.method} ${request.headers.get('x-name')} ${await request.text()}`);
  },
  '/throw': () => {
    throw new Error('thrown at once');
  },
  '/reject': async () => {
    await null;
    throw new TypeError('thrown later');
  },
  '/unhandled': () => {
    void Promise.reject(new Error('nobody listens'));
    return new Response('answered');
  },
  '/background': (_request, _env, context) => {
    context.waitUntil(wait(10).then(() => console.log('background work is done')));
    return new Response('answered');
  },
  '/after': (request, _env, context) => {
    const work = async (): Promise<void> => {
      await wait(5);
      console.log(`afterwards ${request.headers.get('x-name')} ${await request.text()}`);
    };
    context.waitUntil(work());
    return new Response('answered');
  },
  '/too-late': (request) => {
    setTimeout(() => request.text().catch((error) => console.log(String(error))), 1);
    return new Response('answered');
  },
  '/spin': () => spin(),
  '/spin-later': async () => {
    await null;
    return spin();
  },
  '/until-gone': (request) =>
    new Promise((resolve) => {
      request.signal.addEventListener('abort', () => {
        console.log(`gone: ${request.signal.reason.name}`);
        resolve(new Response('for nobody'));
      });
      console.log('somebody waits');
    }),
  '/never': () => new Promise(() => {}),
  '/nothing': () => undefined as unknown as Response,
  '/code': () => {
    try {
      const make = spin.constructor as (text: string) => () => unknown;
      return new Response(String(make('return 6 * 7')()));
    } catch (error) {
      return new Response(String(error));
    }
  },
  '/recurse': () => {
    try {
      return new Response(String(depthOf(0)));
    } catch (error) {
      return new Response(String(error));
    }
  },
  '/memory': () => {
    const all: Uint8Array[] = [];
    for (;;) all.push(new Uint8Array(1 << 20));
  },
  '/random': () => new Response(`${Math.random()} ${crypto.randomUUID()}`),
  '/clock': () => new Response(String(Date.now())),
  '/headers': (request) => Response.json([...request.headers]),
  '/environment': (_request, env) => Response.json(env),
  '/nul': () => new Response('a\0b\u{1f600}\ud800'),
  '/bytes': () => new Response(new Uint8Array([0, 1, 128, 255])),
  '/empty': async (request) => new Response(await request.bytes()),
  '/large': () => new Response('0123456789'.repeat(100_000)),
  // The engine joins long strings only when somebody looks at them.
  '/joined': () => new Response('a'.repeat(9_000) + 'ä'.repeat(9_000)),
  '/cookies': () =>
    new Response(null, {
      status: 204,
      headers: [
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ],
    }),
  '/stream': () => {
    let count = 0;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await wait(5);
        if (++count > 3) controller.close();
        else controller.enqueue(new TextEncoder().encode(`part ${count}\n`));
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  },
  '/stream-large': () => blocks(64),
  '/stream-endless': () => blocks(Number.POSITIVE_INFINITY),
  '/stream-failing': () =>
    new Response(
      new ReadableStream<Uint8Array>({
        pull() {
          throw new Error('the source ran dry');
        },
      }),
    ),
};

// biome-ignore lint/style/noDefaultExport: the shape of an application
export default {
  fetch(request: Request, env: unknown, context: Context): Response | Promise<Response> {
    const url = new URL(request.url);
    const route = routes[url.pathname];
    return route === undefined
      ? new Response(`${request.method} ${url.pathname}\n`, { status: 404 })
      : route(request, env, context);
  },
};
