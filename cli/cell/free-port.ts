import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A port of this address that can be listened on now: the wanted one, or any when that is 0. Rejects with the operating
 * system's error (EADDRINUSE, EACCES) when it cannot.
 */
export async function freePort(host: string, wanted: number): Promise<number> {
  const server = createServer();
  server.listen({ host, port: wanted });
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error(`${host} gave no port`);
  return address.port;
}

/** The wanted port when it is free, else any other. */
export async function preferredPort(host: string, wanted: number | undefined): Promise<number> {
  if (wanted !== undefined) {
    try {
      return await freePort(host, wanted);
    } catch {
      // A preference: whoever has it now keeps it.
    }
  }
  return freePort(host, 0);
}
