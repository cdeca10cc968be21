/** etcd through its own API (etcd v3, gRPC): the store under every Kubernetes. */
import { mkdir } from 'node:fs/promises';
import { freePort } from '../measure/ports.ts';
import { pinned, serverProcessor } from '../measure/processors.ts';
import { type ServerProcess, startServer } from '../measure/server-process.ts';
import { connectGrpc, field, fieldsOf, type GrpcConnection } from './grpc.ts';
import { untilReady } from './ready.ts';
import type { KeyValueServer } from './stores.ts';

const prefix = '/bench/';
/** The end of a prefix range is the prefix with its last byte one higher. */
const range = Buffer.concat([field(1, prefix), field(2, '/bench0')]);

export interface EtcdProcess {
  readonly server: ServerProcess;
  readonly address: string;
  readonly readyMs: number;
}

/** With TLS, by a certificate it makes for itself. */
export async function startEtcdProcess(program: string, directory: string): Promise<EtcdProcess> {
  await mkdir(directory, { recursive: true });
  const port = await freePort();
  const address = `https://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const startedMs = performance.now();
  const server = startServer(
    pinned(serverProcessor, program, [
      ...['--data-dir', directory, '--log-level', 'error', '--initial-cluster', `default=${peer}`, '--auto-tls'],
      ...['--listen-client-urls', address, '--advertise-client-urls', address],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
    ]),
  );
  await untilReady(port, '/health', server);
  return { server, address, readyMs: performance.now() - startedMs };
}

export async function startEtcd(
  program: string,
  version: string,
  directory: string,
  connections: number,
): Promise<KeyValueServer> {
  const { server, address, readyMs } = await startEtcdProcess(program, directory);
  const open = await Promise.all(Array.from({ length: connections }, () => connectGrpc(address)));
  let turn = 0;
  const call = (method: string, message: Buffer): Promise<number> => {
    const connection = open[turn++ % open.length];
    if (connection === undefined) throw new Error('there is no connection');
    return connection.call(`/etcdserverpb.KV/${method}`, message);
  };
  const put = async (name: string, value: string): Promise<void> => {
    await call('Put', Buffer.concat([field(1, prefix + name), field(2, value)]));
  };
  return {
    name: 'etcd',
    busyWrites: 300,
    version,
    pid: server.pid,
    readyMs,
    create: put,
    update: put,
    patch: undefined,
    get: async (name) => {
      await call('Range', field(1, prefix + name));
    },
    list: () => call('Range', range),
    watch: async (onEvent) => {
      const [connection] = open;
      if (connection === undefined) throw new Error('there is no connection');
      // WatchRequest.create_request = 1; WatchResponse.events = 11, Event.kv = 2, KeyValue.key = 1.
      return await connection.stream('/etcdserverpb.Watch/Watch', field(1, range), (message) => {
        for (const event of valuesOf(message, 11))
          for (const pair of valuesOf(event, 2))
            for (const key of valuesOf(pair, 1)) onEvent(key.toString().slice(prefix.length));
      });
    },
    crowds: {
      'a connection each': async (count, onEvents) => {
        const watchers: GrpcConnection[] = [];
        for (let index = 0; index < count; index++) {
          const connection = await connectGrpc(address);
          await connection.stream('/etcdserverpb.Watch/Watch', field(1, range), (message) =>
            onEvents(valuesOf(message, 11).length),
          );
          watchers.push(connection);
        }
        return { cancel: () => watchers.map((connection) => connection.close()) };
      },
    },
    stop: async () => {
      for (const connection of open) connection.close();
      await server.stop();
    },
  };
}

const valuesOf = (message: Buffer, wanted: number): readonly Buffer[] =>
  [...fieldsOf(message)].flatMap(([number, content]) => (number === wanted ? [content] : []));
