/** An upstream that takes and gives long bodies: `/length` counts what it is sent, `/long` sends so many bytes. */

const part = new Uint8Array(50_000).fill(120);

function long(sizeBytes: number): ReadableStream {
  let left = sizeBytes;
  return new ReadableStream({
    pull(controller) {
      if (left === 0) controller.close();
      else controller.enqueue(part.slice(0, Math.min(left, part.length)));
      left = Math.max(0, left - part.length);
    },
  });
}

// biome-ignore lint/style/noDefaultExport: the shape of a program
export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/long') return new Response(long(Number(searchParams.get('bytes'))));
    let sizeBytes = 0;
    for await (const chunk of request.body ?? []) sizeBytes += (chunk as Uint8Array).byteLength;
    return new Response(`${sizeBytes}`);
  },
};
