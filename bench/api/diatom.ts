/** A cell of our own, started as a user starts it, and its ConfigMaps over HTTPS with a client certificate. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { homeOf } from '@diatom/cli';
import { nativeTender } from '@diatom/cli/native-tender';
import { checkout } from '@diatom/test/tools/npm';
import { pinned, serverProcessor } from '../measure/processors.ts';
import { createJsonClient } from './json-client.ts';
import type { KeyValueServer } from './stores.ts';

const collection = '/api/v1/namespaces/default/configmaps';

const configMap = (name: string, value: string): unknown => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { value },
});

// Its images and caches stay in the checkout: the user's own are not touched.
const environment = { ...process.env, DIATOM_HOME: join(checkout, '.cache/bench') };

interface Ready {
  readonly address: string;
  readonly kubeconfig: string;
}

export async function startDiatom(version: string, directory: string, connections: number): Promise<KeyValueServer> {
  const words = [join(checkout, 'cli/bin/diatom.mjs'), 'up', '--data', directory, '--json'];
  const command = pinned(serverProcessor, process.execPath, words);
  // Sealing the tender happens once for a version and is no part of a start.
  await nativeTender(homeOf(environment), () => {});
  const startedMs = performance.now();
  const child = spawn(command.program, command.words, { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  let remarks = '';
  child.stderr.on('data', (chunk: Buffer) => {
    remarks = (remarks + chunk.toString()).slice(-2000);
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = await new Promise<Ready>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)));
    void exited.then(() => reject(new Error(`diatom up ended: ${remarks}`)));
  });
  const readyMs = performance.now() - startedMs;
  const kubeconfig = await readFile(ready.kubeconfig, 'utf8');
  const client = createJsonClient({ address: ready.address, tls: credentials(kubeconfig), connections });
  return {
    name: 'diatom',
    version,
    pid: child.pid ?? -1,
    readyMs,
    create: async (name, value) => {
      await client.call('POST', collection, configMap(name, value));
    },
    get: async (name) => {
      await client.call('GET', `${collection}/${name}`);
    },
    update: async (name, value) => {
      await client.call('PUT', `${collection}/${name}`, configMap(name, value));
    },
    list: async () => {
      await client.call('GET', collection);
    },
    watch: async (onEvent) => {
      const { metadata } = JSON.parse(await client.call('GET', `${collection}?limit=1`));
      const path = `${collection}?watch=true&resourceVersion=${metadata.resourceVersion}`;
      return await client.lines('GET', path, undefined, (line) => onEvent(JSON.parse(line).object.metadata.name));
    },
    stop: async () => {
      client.close();
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** The kubeconfig is ours: one cluster, one user, data inline. */
function credentials(kubeconfig: string): { readonly ca: string; readonly cert: string; readonly key: string } {
  const field = (name: string): string => {
    const value = new RegExp(`"?${name}"?:\\s*"?([A-Za-z0-9+/=]+)`).exec(kubeconfig)?.[1];
    if (value === undefined) throw new Error(`the kubeconfig has no ${name}`);
    return Buffer.from(value, 'base64').toString();
  };
  return {
    ca: field('certificate-authority-data'),
    cert: field('client-certificate-data'),
    key: field('client-key-data'),
  };
}
