/**
 * Watchers while objects come, change and go: every watcher that keeps up ends with what a list says, events come in the
 * order of their versions, and memory does not grow with the number of writes.
 */
import { deepEqual, isRecord, type JsonRecord, recordAt, stringAt } from '../kinds/json.ts';
import { configMap, configMaps, openApi, type TestApi } from '../verbs/test-api.ts';
import { type Chance, seeded } from './chance.ts';
import { garbageCollector } from './garbage.ts';

export interface ChurnOptions {
  readonly seed: number;
  readonly rounds: number;
  readonly writesPerRound: number;
}

export interface Churn {
  readonly findings: readonly string[];
  /** Of the heap after each round, garbage collected. */
  readonly heapBytes: readonly number[];
  readonly events: number;
}

const names = 40;
const steadyWatchers = 6;
/** Opened and left every so many writes. */
const passingEvery = 25;

interface Follower {
  readonly selector: string;
  readonly objects: Map<string, JsonRecord>;
  version: number;
  events: number;
  readonly finished: Promise<void>;
}

export async function runChurn({ seed, rounds, writesPerRound }: ChurnOptions): Promise<Churn> {
  const chance = seeded(seed);
  const collect = garbageCollector();
  await using api = await openApi();
  const findings: string[] = [];
  const selectors = ['', 'color=red', 'color!=red'];
  const followers = await Promise.all(
    Array.from({ length: steadyWatchers }, (_, index) =>
      follow(api, selectors[index % selectors.length] ?? '', findings),
    ),
  );
  const heapBytes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (let write = 0; write < writesPerRound; write++) {
      await churnOnce(api, chance);
      if (write % passingEvery === 0) await passBy(api);
    }
    collect();
    heapBytes.push(process.memoryUsage().heapUsed);
  }
  for (const color of ['red', 'blue']) {
    const object = configMap(`zz-last-${color}`);
    await api.call('POST', configMaps, { ...object, metadata: { name: `zz-last-${color}`, labels: { color } } });
  }
  await Promise.all(followers.map(({ finished }) => finished));
  for (const follower of followers) findings.push(...(await compare(api, follower)));
  return { findings, heapBytes, events: followers.reduce((sum, { events }) => sum + events, 0) };
}

async function churnOnce(api: TestApi, chance: Chance): Promise<void> {
  const name = `churn-${chance.int(names)}`;
  const color = chance.pick(['red', 'blue']);
  const change = { metadata: { labels: { color } }, data: { value: String(chance.int(1000)) } };
  const choice = chance.next();
  if (choice < 0.15) await api.call('DELETE', `${configMaps}/${name}`);
  else if (choice < 0.4) {
    const object = configMap(name, change);
    await api.call('POST', configMaps, { ...object, metadata: { name, labels: { color } } });
  } else await api.call('PATCH', `${configMaps}/${name}`, change, { 'content-type': 'application/merge-patch+json' });
}

/** A watcher that reads one event, or none, and goes without a word. */
async function passBy(api: TestApi): Promise<void> {
  const watch = await api.watch(`${configMaps}?watch=1`);
  watch.close();
}

async function follow(api: TestApi, selector: string, findings: string[]): Promise<Follower> {
  const query = selector === '' ? '' : `&labelSelector=${encodeURIComponent(selector)}`;
  const watch = await api.watch(`${configMaps}?watch=1&resourceVersion=0${query}`);
  const objects = new Map<string, JsonRecord>();
  const last = selector === 'color=red' ? 'zz-last-red' : 'zz-last-blue';
  const follower = { selector, objects, version: 0, events: 0 };
  const run = async (): Promise<void> => {
    for (;;) {
      const { type, object } = await watch.next();
      const version = Number(stringAt(object, 'metadata', 'resourceVersion'));
      if (version < follower.version) findings.push(`version ${version} after ${follower.version} (${selector})`);
      follower.version = version;
      follower.events++;
      const name = stringAt(object, 'metadata', 'name');
      if (type === 'DELETED') objects.delete(name);
      else if (type !== 'BOOKMARK') objects.set(name, object);
      if (name === last) break;
    }
    watch.close();
  };
  return Object.assign(follower, { finished: run() });
}

async function compare(api: TestApi, { selector, objects }: Follower): Promise<string[]> {
  const query = selector === '' ? '' : `?labelSelector=${encodeURIComponent(selector)}`;
  const { body } = await api.call('GET', `${configMaps}${query}`);
  const items = Array.isArray(body.items) ? body.items.filter(isRecord) : [];
  const listed = new Map(items.map((item) => [stringAt(item, 'metadata', 'name'), item]));
  const all = new Set([...objects.keys(), ...listed.keys()]);
  return [...all].flatMap((name) => {
    const [watched, present] = [objects.get(name), listed.get(name)];
    const isSame =
      watched !== undefined &&
      present !== undefined &&
      deepEqual(recordAt(watched, 'metadata'), recordAt(present, 'metadata')) &&
      deepEqual(watched.data, present.data);
    return isSame
      ? []
      : [`${name} with selector "${selector}": watched ${JSON.stringify(watched)}, listed ${JSON.stringify(present)}`];
  });
}
