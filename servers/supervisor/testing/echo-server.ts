/** A server for the supervisor's tests: logs what its settings say and fails when told to. */
import type { Server } from '../../server.ts';

export const server: Server = {
  name: 'echo',
  rules: [],
  async run({ settings, log, port, signal }, ready) {
    if (settings.fails === true) throw new Error('told to fail');
    log(`greeting ${String(settings.greeting)}`);
    port.on('message', (reply) => {
      if (reply.kind === 'response') log(`answered ${reply.status}`);
    });
    port.postMessage({ kind: 'request', id: 1, method: 'GET', path: '/version' });
    ready();
    const alive = setInterval(() => {}, 60_000);
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    clearInterval(alive);
    log('stopping');
  },
};
