/** api: writes, reads and lists per second, watch latency, start and memory; etcd's put and watch beside the kernel's. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { versions } from '@diatom/cli/version.ts';
import { startDiatom } from './api/diatom.ts';
import { startEtcd } from './api/etcd.ts';
import type { KeyValueServer } from './api/stores.ts';
import { rssKb } from './measure/process-tree.ts';
import { loadProcessor, pinning, pinThisThread } from './measure/processors.ts';
import { median, type Report, Samples, type SkippedRow } from './report.ts';

const run = promisify(execFile);
const rounds = 3;
const connections = 16;
const objects = 2_000;
const listed = 20;
const watched = 200;
const idleMs = 3_000;
const value = 'x'.repeat(512);

type Start = (directory: string) => Promise<KeyValueServer>;

export async function benchApi(progress: (text: string) => void): Promise<Report> {
  const directory = await mkdtemp(join(tmpdir(), 'diatom-bench-'));
  const name = `${objects} objects of ${value.length} bytes`;
  const samples = new Samples(name);
  const conditions: Record<string, string> = {};
  const skipped: SkippedRow[] = [];
  const starts: Start[] = [(data) => startDiatom(versions().diatom, data, connections)];
  const etcdVersion = await run('etcd', ['--version']).then(
    ({ stdout }) => /etcd Version: (\S+)/.exec(stdout)?.[1] ?? 'unknown',
    () => undefined,
  );
  if (etcdVersion === undefined) {
    skipped.push({ case: name, subject: 'etcd', skipped: 'etcd is not installed: apt-get install etcd-server' });
  } else starts.push((data) => startEtcd('etcd', etcdVersion, data, connections));
  pinThisThread(loadProcessor);
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [index, start] of starts.entries()) {
        const server = await start(join(directory, `${round}-${index}`));
        conditions[server.name] = server.version;
        try {
          await measure(server, samples, (what) => progress(`round ${round + 1} of ${rounds}: ${server.name} ${what}`));
        } finally {
          await server.stop();
        }
      }
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  conditions.processors = pinning;
  conditions.load = `${connections} connections, one client in Node; diatom over TLS, etcd without`;
  return { bench: 'api', rows: [...samples.rows(), ...skipped], conditions };
}

async function measure(server: KeyValueServer, samples: Samples, progress: (what: string) => void): Promise<void> {
  const add = (metric: string, amount: number): void => samples.add(server.name, metric, amount);
  add('ready_ms', server.readyMs);
  progress('idle');
  await new Promise((resolve) => setTimeout(resolve, idleMs));
  add('idle_rss_mb', rssKb(server.pid) / 1024);
  progress('create, get, update, list');
  add('create_per_s', await perSecond(objects, (index) => server.create(`object-${index}`, value)));
  add('get_per_s', await perSecond(objects, (index) => server.get(`object-${index}`)));
  add('update_per_s', await perSecond(objects, (index) => server.update(`object-${index}`, `${value}${index}`)));
  add('list_per_s', await perSecond(listed, () => server.list()));
  progress('watch');
  add('watch_p50_ms', median(await watchLatenciesMs(server)));
}

async function perSecond(count: number, call: (index: number) => Promise<void>): Promise<number> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await call(next++);
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: connections }, worker));
  return count / ((performance.now() - startedMs) / 1000);
}

/** From sending a write to the arrival of its event, one write at a time. */
async function watchLatenciesMs(server: KeyValueServer): Promise<readonly number[]> {
  const arrivals = new Map<string, (atMs: number) => void>();
  const watch = await server.watch((name) => arrivals.get(name)?.(performance.now()));
  const latenciesMs: number[] = [];
  try {
    for (let index = 0; index < watched; index++) {
      const name = `watched-${index}`;
      const arrived = new Promise<number>((resolve, reject) => {
        arrivals.set(name, resolve);
        AbortSignal.timeout(10_000).onabort = () => reject(new Error(`${server.name}: no watch event for ${name}`));
      });
      const sentMs = performance.now();
      const [arrivedMs] = await Promise.all([arrived, server.create(name, value)]);
      latenciesMs.push(arrivedMs - sentMs);
    }
  } finally {
    watch.cancel();
  }
  return latenciesMs;
}
