/** `diatom dev` as a target of the suites. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { StartApplication } from '../conformance/application.ts';
import { checkout } from '../tools/npm.ts';

export const startDevelopment: StartApplication = async (application, { environment = {} } = {}) => {
  const variables = Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const words = [join(checkout, 'cli/bin/diatom.mjs'), 'dev', application, '--port', '0', '--json', ...variables];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const console: string[] = [];
  const listening = Promise.withResolvers<string>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line);
    if (event.event === 'console') console.push(event.line);
    if (event.event === 'listening') listening.resolve(event.url);
    if (event.event === 'failed') listening.reject(new Error(event.why));
  });
  const { hostname, port } = new URL(await listening.promise);
  return {
    address: { host: hostname, port: Number(port) },
    console: async () => console,
    // It serves until it is stopped.
    exit: new Promise(() => {}),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGINT');
      await exit;
    },
  };
};
