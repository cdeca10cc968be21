import { packages } from './index.ts';

// biome-ignore lint/style/noDefaultExport: what an application is.
export default {
  async fetch(request: Request): Promise<Response> {
    const check = packages[new URL(request.url).pathname.slice(1)];
    return check === undefined ? new Response(null, { status: 404 }) : Response.json(await check());
  },
};
