/**
 * What it costs that many watch one busy kind: the same writes, as fast as the connections carry them, once with one watcher
 * and once with a thousand. The ratio is of processor time of the server until the last watcher has the last event.
 */
import { cpuUs } from '../measure/process-tree.ts';
import { inParallel, type Note } from './measure.ts';
import type { KeyValueServer } from './stores.ts';

const watchers = 1_000;
const busyObjects = 100;
/** An object as busy kinds have them: a lease, an endpoint, a status. */
const value = 'x'.repeat(64);
const giveUpMs = 60_000;
const coldRounds = 2;

interface Cost {
  readonly cpuUs: number;
  readonly elapsedMs: number;
}

export async function measureFanOut(server: KeyValueServer, note: Note): Promise<void> {
  await inParallel(busyObjects, (index) => server.create(`busy-${index}`, value));
  for (const [way, open] of Object.entries(server.crowds)) {
    const suffix = way === 'a connection each' ? '' : '_h2';
    const one = await cost(server, open, 1);
    const many = await cost(server, open, watchers);
    note(`fanout${suffix}_ratio`, many.cpuUs / one.cpuUs);
    note(`fanout${suffix}_cpu_us`, many.cpuUs);
    note(`fanout${suffix}_one_cpu_us`, one.cpuUs);
    note(`fanout${suffix}_elapsed_ratio`, many.elapsedMs / one.elapsedMs);
  }
}

/**
 * For one event, once the server has seen twice as many as it is measured with: it compiles what is busy, and gets the memory
 * that so many connections need, in both cases alike. With a thousand that takes two rounds (--trace-gc).
 */
async function cost(server: KeyValueServer, open: KeyValueServer['crowds'][string], count: number): Promise<Cost> {
  const writes = server.busyWrites;
  let missing = 0;
  let complete = Promise.withResolvers<void>();
  const crowd = await open(count, (events) => {
    missing -= events;
    if (missing <= 0) complete.resolve();
  });
  const write = async (): Promise<void> => {
    missing = writes * count;
    complete = Promise.withResolvers();
    const giveUp = (): void => complete.reject(new Error(`${server.name}: ${missing} events are missing`));
    // Awaited only when all is written.
    complete.promise.catch(() => {});
    const timer = setTimeout(giveUp, giveUpMs);
    await inParallel(writes, (index) => server.update(`busy-${index % busyObjects}`, `${value}${index}`));
    await complete.promise.finally(() => clearTimeout(timer));
  };
  try {
    for (let round = 0; round < coldRounds; round++) await write();
    const before = { us: cpuUs(server.pid), ms: performance.now() };
    await write();
    return { cpuUs: (cpuUs(server.pid) - before.us) / writes, elapsedMs: (performance.now() - before.ms) / writes };
  } finally {
    crowd.cancel();
  }
}
