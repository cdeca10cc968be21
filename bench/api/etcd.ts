/** etcd through its JSON gateway (etcd v3 API, "gRPC gateway"): the store under every Kubernetes. */
import { mkdir } from 'node:fs/promises';
import { freePort } from '../measure/ports.ts';
import { pinned, serverProcessor } from '../measure/processors.ts';
import { startServer } from '../measure/server-process.ts';
import { createJsonClient } from './json-client.ts';
import type { KeyValueServer } from './stores.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const prefix = '/bench/';
/** The end of a prefix range is the prefix with its last byte one higher. */
const range = { key: base64(prefix), range_end: base64('/bench0') };

export async function startEtcd(
  program: string,
  version: string,
  directory: string,
  connections: number,
): Promise<KeyValueServer> {
  await mkdir(directory, { recursive: true });
  const address = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const startedMs = performance.now();
  const server = startServer(
    pinned(serverProcessor, program, [
      ...['--data-dir', directory, '--log-level', 'error', '--initial-cluster', `default=${peer}`],
      ...['--listen-client-urls', address, '--advertise-client-urls', address],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
    ]),
  );
  const client = createJsonClient({ address, connections });
  for (;;) {
    const health = await client.call('GET', '/health').catch(() => '');
    if (health.includes('"true"')) break;
    if (performance.now() - startedMs > 20_000) throw new Error(`etcd does not become healthy: ${server.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const readyMs = performance.now() - startedMs;
  const put = async (name: string, value: string): Promise<void> => {
    await client.call('POST', '/v3/kv/put', { key: base64(prefix + name), value: base64(value) });
  };
  return {
    name: 'etcd',
    version,
    pid: server.pid,
    readyMs,
    create: put,
    update: put,
    get: async (name) => {
      await client.call('POST', '/v3/kv/range', { key: base64(prefix + name) });
    },
    list: async () => {
      await client.call('POST', '/v3/kv/range', range);
    },
    watch: async (onEvent) => {
      const watch = await client.lines('POST', '/v3/watch', { create_request: range }, (line) => {
        const { result } = JSON.parse(line);
        for (const { kv } of result?.events ?? []) {
          onEvent(Buffer.from(kv.key, 'base64').toString().slice(prefix.length));
        }
      });
      return watch;
    },
    stop: async () => {
      client.close();
      await server.stop();
    },
  };
}
