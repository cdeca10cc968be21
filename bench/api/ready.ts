/** Waits until a server answers 200 over TLS. */
import { request } from 'node:https';
import type { ServerProcess } from '../measure/server-process.ts';

const askAgainMs = 2;
const giveUpMs = 60_000;

/** Its certificate is not looked at: the authority that signed it may be made by the very start that is measured. */
export async function untilReady(port: number, path: string, server: ServerProcess): Promise<void> {
  const giveUpAtMs = performance.now() + giveUpMs;
  while (!(await isReady(port, path))) {
    if (performance.now() > giveUpAtMs) throw new Error(`${path} does not become 200: ${server.output()}`);
    await new Promise((resolve) => setTimeout(resolve, askAgainMs));
  }
}

function isReady(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path, rejectUnauthorized: false, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('error', () => resolve(false));
    asked.end();
  });
}
