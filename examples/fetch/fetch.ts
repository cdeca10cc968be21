/** The smallest service in ordinary TypeScript: `diatom run examples/fetch/fetch.ts`, then `curl http://127.0.0.1:8080`. */
export default {
  fetch: () => new Response('hello\n', { headers: { 'content-type': 'text/plain' } }),
};
