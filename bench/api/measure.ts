/** What is measured of one server, one after the other. */
import { cpuUs, rssKb } from '../measure/process-tree.ts';
import { median } from '../report.ts';
import { measureFanOut } from './fan-out.ts';
import type { KeyValueServer } from './stores.ts';

export const connections = 32;
export const objects = 3_000;
export const valueBytes = 1024;
export const measures = ['memory', 'requests', 'watch', 'fanout'] as const;
export type Measure = (typeof measures)[number];
export type Note = (metric: string, amount: number) => void;

const reads = 12_000;
const lists = 100;
const watched = 300;
const manyObjects = 30_000;
const idleMs = 7_000;
const value = 'x'.repeat(valueBytes);

export async function measureServer(
  server: KeyValueServer,
  note: Note,
  progress: (what: string) => void,
  wanted: readonly Measure[],
): Promise<void> {
  const wants = (measure: Measure): boolean => wanted.includes(measure);
  note('ready_ms', server.readyMs);
  if (wants('memory')) {
    progress('idle');
    await pause();
    note('rss_idle_mb', rssKb(server.pid) / 1024);
  }
  if (wants('requests')) {
    progress('create, get, update, patch, list');
    await measureRequests(server, note);
  }
  if (wants('watch')) {
    progress('watch');
    const latenciesMs = [...(await watchLatenciesMs(server))].sort((a, b) => a - b);
    note('watch_p50_ms', median(latenciesMs));
    note('watch_p99_ms', latenciesMs[Math.floor(latenciesMs.length * 0.99)] ?? Number.NaN);
  }
  if (wants('fanout')) {
    progress('watch fan-out');
    await measureFanOut(server, note);
  }
  if (wants('memory')) {
    progress('30,000 objects');
    const first = wants('requests') ? objects : 0;
    await inParallel(manyObjects - first, (index) => server.create(`object-${index + first}`, value));
    await pause();
    note('rss_30k_mb', rssKb(server.pid) / 1024);
  }
}

async function measureRequests(server: KeyValueServer, note: Note): Promise<void> {
  const { patch } = server;
  await rate(server, note, 'create', objects, (index) => server.create(`object-${index}`, value));
  await rate(server, note, 'get', reads, (index) => server.get(`object-${index % objects}`));
  await rate(server, note, 'update', objects, (index) => server.update(`object-${index}`, `${value}${index}`));
  if (patch !== undefined)
    await rate(server, note, 'patch', objects, (index) => patch(`object-${index}`, `${index}${value}`));
  const sizeBytes = await server.list();
  if (sizeBytes < objects * valueBytes) throw new Error(`a list of ${objects} objects has ${sizeBytes} bytes`);
  await rate(server, note, 'list', lists, async () => {
    await server.list();
  });
}

/** Requests per second, processor time of the server for each, and how busy the client was. */
async function rate(
  server: KeyValueServer,
  note: Note,
  what: string,
  count: number,
  call: (index: number) => Promise<void>,
): Promise<void> {
  const before = { us: cpuUs(server.pid), own: process.cpuUsage(), ms: performance.now() };
  await inParallel(count, call);
  const elapsedMs = performance.now() - before.ms;
  const own = process.cpuUsage(before.own);
  note(`${what}_per_s`, count / (elapsedMs / 1000));
  note(`${what}_cpu_us`, (cpuUs(server.pid) - before.us) / count);
  note(`${what}_load_busy`, (own.user + own.system) / 1000 / elapsedMs);
}

export async function inParallel(count: number, call: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await call(next++);
  };
  await Promise.all(Array.from({ length: connections }, worker));
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, idleMs));

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
