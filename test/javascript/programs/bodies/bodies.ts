/** What test/javascript/bodies-suite.ts asks for: bodies of requests that are read as they come, or not. */

const wait = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));

async function sizeOf(request: Request): Promise<number> {
  let sizeBytes = 0;
  for await (const chunk of request.body ?? []) sizeBytes += (chunk as Uint8Array).byteLength;
  return sizeBytes;
}

let resume: (() => void) | undefined;

const routes: Readonly<Record<string, (request: Request) => Response | Promise<Response>>> = {
  '/unread': () => new Response('not read'),
  '/unread-later': async () => {
    await wait(1);
    return new Response('not read');
  },
  '/text': async (request) => new Response(await request.text()),
  '/later': async (request) => {
    await wait(1);
    return new Response(await request.text());
  },
  '/text-or': (request) =>
    request.text().then(
      (text) => new Response(`${text.length}`),
      (error: Error) => new Response(`${error.name}: ${error.message}`, { status: 422 }),
    ),
  '/stream-text': (request) =>
    request.body === null ? new Response('') : new Response(request.body).text().then((text) => new Response(text)),
  '/twice': async (request) => {
    const copy = request.clone();
    return new Response(`${await copy.text()} ${await request.text()}`);
  },
  '/form': async (request) => Response.json([...(await request.formData())]),
  '/size': async (request) => Response.json(await sizeOf(request)),
  '/echo': (request) => new Response(request.body),
  '/pause': async (request) => {
    const reader = request.body?.getReader();
    await reader?.read();
    console.log('paused');
    await new Promise<void>((resolve) => {
      resume = resolve;
    });
    let sizeBytes = 0;
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) sizeBytes++;
    return Response.json(sizeBytes > 0);
  },
  '/resume': () => {
    resume?.();
    return new Response();
  },
  '/first': async (request) => {
    const reader = request.body?.getReader();
    const part = await reader?.read();
    return new Response(new TextDecoder().decode(part?.value as Uint8Array));
  },
  '/gone': async (request) => {
    request.signal.addEventListener('abort', () => console.log(`signal: ${(request.signal.reason as Error).name}`));
    console.log('reading');
    try {
      await sizeOf(request);
      console.log('complete');
    } catch (error) {
      console.log(`read: ${(error as Error).message}`);
    }
    return new Response();
  },
  '/afterwards': (request) => {
    const reading = request.text();
    reading.catch((error: Error) => console.log(`afterwards: ${error.message}`));
    return new Response('answered');
  },
};

// biome-ignore lint/style/noDefaultExport: the shape of a program
export default {
  fetch(request: Request): Response | Promise<Response> {
    return routes[new URL(request.url).pathname]?.(request) ?? new Response('there is none', { status: 404 });
  },
};
