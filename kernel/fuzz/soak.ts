/**
 * The kernel under steady work for as long as one likes: objects come, change and go, watchers follow, lose their connection
 * and come back, history is compacted. Every event is accounted for after each round; memory and file have to stay bounded.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { stringAt } from '../kinds/json.ts';
import { configMap, configMaps, openApi, type TestApi, type TestWatch } from '../verbs/test-api.ts';
import { type Chance, seeded } from './chance.ts';
import { garbageCollector } from './garbage.ts';

export interface SoakOptions {
  readonly seed: number;
  readonly until: (round: number) => boolean;
  /** Called every so many rounds. */
  readonly sampleRounds: number;
  readonly onSample?: (sample: SoakSample) => void;
}

export interface SoakSample {
  readonly rounds: number;
  readonly writes: number;
  readonly events: number;
  readonly reconnects: number;
  readonly revision: number;
  readonly keptRevisions: number;
  readonly heapMb: number;
  readonly rssMb: number;
  readonly databaseMb: number;
}

export interface Soak {
  readonly findings: readonly string[];
  readonly samples: readonly SoakSample[];
}

const writers = 16;
const writesPerRound = 200;
const names = 500;
const watchers = 8;
/** Of writes, before which one of the watchers is disconnected. */
const reconnectShare = 0.05;
const compaction = { keepRevisions: 2_000, keepMs: 0, maximumRevisions: 4_000, intervalMs: 200 };
const megabyte = 2 ** 20;

/** One that goes on from where it was, however often its connection is lost. */
class Watcher {
  readonly #api: TestApi;
  readonly #query: string;
  #watch: TestWatch | undefined;
  #version: number;
  /** Counts connections; what comes on an older one is not looked at. */
  #attempt = 0;
  #target = 0;
  #arrived: () => void = () => {};
  #round: number[] = [];
  events = 0;
  reconnects = 0;

  constructor(api: TestApi, query: string, version: number) {
    this.#api = api;
    this.#query = query;
    this.#version = version;
  }

  connect(): void {
    void this.#follow();
  }

  async #follow(): Promise<void> {
    const attempt = ++this.#attempt;
    const path = `${configMaps}?watch=1&resourceVersion=${this.#version}${this.#query}`;
    const watch = await this.#api.watch(path);
    if (this.#attempt !== attempt) {
      watch.close();
      return;
    }
    this.#watch = watch;
    try {
      for (;;) {
        const { object } = await watch.next();
        // An event of a connection that was given up comes again on the next one.
        if (this.#attempt !== attempt) return;
        this.#version = Number(stringAt(object, 'metadata', 'resourceVersion'));
        this.#round.push(this.#version);
        this.events++;
        if (this.#version >= this.#target) this.#arrived();
      }
    } catch {
      if (this.#attempt === attempt) this.connect();
    }
  }

  disconnect(): void {
    this.#watch?.close();
    this.reconnects++;
    this.connect();
  }

  /** What was seen since this was asked last, when the version has come. */
  async reach(version: number): Promise<readonly number[]> {
    this.#target = version;
    if (this.#version < version) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
    this.#target = Number.POSITIVE_INFINITY;
    const seen = this.#round;
    this.#round = [];
    return seen;
  }

  close(): void {
    this.#attempt++;
    this.#watch?.close();
  }
}

export async function runSoak({ seed, until, sampleRounds, onSample = () => {} }: SoakOptions): Promise<Soak> {
  const chance = seeded(seed);
  const collect = garbageCollector();
  await using api = await openApi([], undefined, undefined, compaction);
  const crowd = Array.from(
    { length: watchers },
    (_, index) =>
      // Every other one selects, which is served in a group of its own.
      new Watcher(api, index % 2 === 0 ? '' : '&labelSelector=soak', api.store.revision),
  );
  for (const watcher of crowd) watcher.connect();
  let written: number[] = [];
  // What the store itself says there was.
  api.store.watch({
    prefix: 'core/configmaps/',
    after: api.store.revision,
    onEvents: (events) => written.push(...events.map(({ revision }) => revision)),
    onEnd: () => {},
  });
  const findings: string[] = [];
  const samples: SoakSample[] = [];
  let writes = 0;
  let round = 0;
  for (; !until(round); round++) {
    written = [];
    await writeRound(api, chance, crowd);
    writes += written.length;
    const last = written.at(-1) ?? 0;
    for (const [index, watcher] of crowd.entries()) {
      const seen = await watcher.reach(last);
      if (seen.join() !== written.join())
        findings.push(`round ${round}: watcher ${index} saw ${seen.join()}, written were ${written.join()}`);
    }
    if (round % sampleRounds !== sampleRounds - 1) continue;
    // The interval of compaction is in real time: it may have a turn.
    await new Promise((resolve) => setTimeout(resolve, compaction.intervalMs));
    collect();
    const sample = take(api, round + 1, writes, crowd);
    samples.push(sample);
    onSample(sample);
  }
  for (const watcher of crowd) watcher.close();
  return { findings, samples };
}

/** Watchers lose their connections while there is written. */
async function writeRound(api: TestApi, chance: Chance, crowd: readonly Watcher[]): Promise<void> {
  let left = writesPerRound;
  const write = async (): Promise<void> => {
    while (left-- > 0) {
      if (chance.happens(reconnectShare)) chance.pick(crowd).disconnect();
      await writeOnce(api, chance);
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
}

async function writeOnce(api: TestApi, chance: Chance): Promise<void> {
  const name = `soak-${chance.int(names)}`;
  const path = `${configMaps}/${name}`;
  const data = { value: String(chance.int(10)).repeat(chance.int(4000)) };
  const choice = chance.next();
  if (choice < 0.2) await api.call('DELETE', path);
  else if (choice < 0.5) {
    const object = configMap(name, { data });
    await api.call('POST', configMaps, { ...object, metadata: { name, labels: { soak: 'yes' } } });
  } else await api.call('PATCH', path, { data }, mergePatch);
}

const mergePatch = { 'content-type': 'application/merge-patch+json' };

function take(api: TestApi, rounds: number, writes: number, crowd: readonly Watcher[]): SoakSample {
  const { heapUsed, rss } = process.memoryUsage();
  const sum = (amount: (watcher: Watcher) => number): number =>
    crowd.reduce((total, watcher) => total + amount(watcher), 0);
  return {
    rounds,
    writes,
    events: sum(({ events }) => events),
    reconnects: sum(({ reconnects }) => reconnects),
    revision: api.store.revision,
    keptRevisions: api.store.revision - api.store.compactRevision,
    heapMb: heapUsed / megabyte,
    rssMb: rss / megabyte,
    databaseMb: ['store.sqlite', 'store.sqlite-wal'].reduce(
      (total, file) => total + size(join(api.directory, file)),
      0,
    ),
  };
}

const size = (path: string): number => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) / megabyte;
