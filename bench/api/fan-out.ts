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

/** For one event. */
async function cost(server: KeyValueServer, open: KeyValueServer['crowds'][string], count: number): Promise<Cost> {
  // The clock of processor time ticks 100 times a second: what is cheap is repeated.
  const writes = server.busyWrites * (count === 1 ? 4 : 1);
  let missing = writes * count;
  const complete = Promise.withResolvers<void>();
  const giveUp = (): void => complete.reject(new Error(`${server.name}: ${missing} events are missing`));
  // Awaited only when all is written.
  complete.promise.catch(() => {});
  const crowd = await open(count, (events) => {
    missing -= events;
    if (missing <= 0) complete.resolve();
  });
  const timer = setTimeout(giveUp, giveUpMs);
  try {
    const before = { us: cpuUs(server.pid), ms: performance.now() };
    await inParallel(writes, (index) => server.update(`busy-${index % busyObjects}`, `${value}${index}`));
    await complete.promise;
    return { cpuUs: (cpuUs(server.pid) - before.us) / writes, elapsedMs: (performance.now() - before.ms) / writes };
  } finally {
    clearTimeout(timer);
    crowd.cancel();
  }
}
