/** A server for the supervisor's tests: logs what its settings say and fails when told to. */
import type { Server } from '../../server.ts';

export const server: Server = {
  name: 'echo',
  rules: [],
  async run({ settings, log, port, signal }, ready) {
    if (settings.fails === true) throw new Error('told to fail');
    log(`greeting ${String(settings.greeting)}`);
    port.on('message', (reply) => {
      if (reply.kind !== 'response') return;
      log(`answered ${reply.status}`);
      if (reply.id === 1) port.postMessage({ kind: 'request', id: 2, method: 'GET', path: '/version' });
    });
    port.postMessage({ kind: 'request', id: 1, method: 'GET', path: '/version' });
    ready();
    const alive = setInterval(() => {}, 60_000);
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    clearInterval(alive);
    log('stopping');
  },
};
