/**
 * Passes a few connections through a forwarder of its own, from this process to itself. What a process does for the first
 * time it has to load and compile: without this the first request to a cell pays for that, and measured 3 ms longer.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { Forwarder } from './forward.ts';

const host = '127.0.0.1';
const rounds = 8;
const patienceMs = 1_000;

/** Never rejects: a rehearsal that cannot take place costs the first request its time, nothing else. */
export async function rehearse(signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const target = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  const forwarder = new Forwarder({ isAwake: () => true, log: () => {}, waitMs: patienceMs, longestQueue: rounds });
  try {
    const targetPort = await listen(target);
    const port = await freePort();
    const targets = [{ address: host, port: targetPort, pod: undefined }];
    await forwarder.set({ key: 'rehearsal', address: host, port, service: '', hasClientAffinity: false, targets });
    for (let round = 0; round < rounds; round++) {
      const client = connect({ host, port, noDelay: true, signal: limit });
      // An aborted one reports after nobody waits for it any more.
      client.on('error', () => client.destroy());
      client.end('?');
      client.resume();
      await once(client, 'close', { signal: limit });
    }
  } catch {
    // Said above.
  }
  await forwarder.close();
  target.close();
}

async function listen(server: Server): Promise<number> {
  server.listen(0, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  const port = await listen(probe);
  probe.close();
  await once(probe, 'close');
  return port;
}
