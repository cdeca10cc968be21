/** What every `Store` does, as tests. Call `storeConformance` once per implementation with a way to open it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StoreModel } from './model.ts';
import {
  type Change,
  CompactedError,
  FutureRevisionError,
  type Revision,
  type Store,
  type StoredObject,
  type StoreEvent,
} from './store.ts';

export interface StoreUnderTest extends AsyncDisposable {
  readonly store: Store;
  /** Closes the store and opens it again on the same data. */
  reopen(): Promise<Store>;
}

export type OpenStore = () => Promise<StoreUnderTest>;

export const put = (value: string): Change => ({ kind: 'put', value: () => value });
export const remove: Change = { kind: 'delete' };

export interface Recording {
  readonly events: StoreEvent[];
  ended: 'closed' | 'compacted' | undefined;
  cancel(): void;
}

export function record(store: Store, prefix: string, after: Revision): Recording {
  const recording: Recording = { events: [], ended: undefined, cancel: () => watch.cancel() };
  const watch = store.watch({
    prefix,
    after,
    onEvents: (events) => recording.events.push(...events),
    onEnd: (reason) => {
      recording.ended = reason;
    },
  });
  return recording;
}

export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let turns = 0; turns < 20_000; turns++) {
    if (condition()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.fail(`did not happen: ${what}`);
}

/** mulberry32: small, seeded, good enough to mix operations. */
export function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export function storeConformance(name: string, open: OpenStore): void {
  describe(`${name}: writes`, () => {
    it('gives a new object the next revision and shows it to the next read', async () => {
      await using opened = await open();
      const { store } = opened;
      const before = store.revision;
      const result = await store.write('a/1', () => ({ kind: 'put', value: (revision) => `v${revision}` }));
      assert.equal(result.revision, before + 1);
      assert.equal(store.revision, before + 1);
      const expected = { key: 'a/1', value: `v${before + 1}`, createRevision: before + 1, modRevision: before + 1 };
      assert.deepEqual({ ...store.get('a/1') }, expected);
      assert.deepEqual({ ...result.current }, expected);
      assert.equal(result.previous, undefined);
    });

    it('keeps the revision of creation over updates and forgets it with a deletion', async () => {
      await using opened = await open();
      const { store } = opened;
      const created = await store.write('a', () => put('1'));
      const updated = await store.write('a', () => put('2'));
      assert.equal(updated.current?.createRevision, created.revision);
      assert.equal(updated.previous?.value, '1');
      const deleted = await store.write('a', () => remove);
      assert.equal(deleted.previous?.value, '2');
      assert.equal(deleted.current, undefined);
      assert.equal(store.get('a'), undefined);
      const again = await store.write('a', () => put('3'));
      assert.equal(again.current?.createRevision, again.revision);
    });

    it('changes nothing when the writer keeps, or deletes what is not there', async () => {
      await using opened = await open();
      const { store } = opened;
      const { revision } = await store.write('a', () => put('1'));
      const kept = await store.write('a', () => ({ kind: 'keep' }));
      assert.equal(kept.revision, revision);
      assert.equal(kept.current?.value, '1');
      assert.equal((await store.write('b', () => remove)).revision, revision);
      assert.equal(store.revision, revision);
    });

    it('decides writes of one turn in call order, each seeing the one before', async () => {
      await using opened = await open();
      const { store } = opened;
      const results = await Promise.all(
        Array.from({ length: 50 }, () =>
          store.write('counter', (current) => put(String(Number(current?.value ?? '0') + 1))),
        ),
      );
      assert.deepEqual(
        results.map((result) => result.current?.value),
        Array.from({ length: 50 }, (_, index) => String(index + 1)),
      );
      assert.equal(new Set(results.map((result) => result.revision)).size, 50);
    });

    it('fails a write whose decision or value throws, and only that one', async () => {
      await using opened = await open();
      const { store } = opened;
      const before = store.revision;
      const writes = await Promise.allSettled([
        store.write('a', () => put('1')),
        store.write('b', () => {
          throw new Error('conflict');
        }),
        store.write('c', () => ({
          kind: 'put',
          value: () => {
            throw new Error('no value');
          },
        })),
        store.write('d', () => put('4')),
      ]);
      assert.deepEqual(
        writes.map((write) => write.status),
        ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
      );
      assert.equal(store.revision, before + 2);
      assert.deepEqual(
        store.list('').items.map((item) => item.key),
        ['a', 'd'],
      );
    });

    it('makes the changes beside a write with it, each with a revision of its own, or none of them', async () => {
      await using opened = await open();
      const { store } = opened;
      const before = store.revision;
      const recording = record(store, '', before);
      const both = (value: string, other: () => Change) =>
        store.write('a', () => ({ ...put(value), beside: () => [{ key: 'b', decide: other }] }));
      const made = both('1', () => ({ kind: 'put', value: (revision) => `beside ${revision}` }));
      const refused = both('2', () => {
        throw new Error('no room');
      });
      const removed = both('3', () => remove);
      const results = await Promise.allSettled([made, refused, removed]);
      assert.deepEqual(
        results.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      );
      assert.equal(store.get('a')?.value, '3');
      assert.equal(store.get('b'), undefined);
      await until(() => recording.events.length === 4, 'four events');
      assert.deepEqual(
        recording.events.map(({ kind, key, revision, value }) => [kind, key, revision, value]),
        [
          ['put', 'a', before + 1, '1'],
          ['put', 'b', before + 2, `beside ${before + 2}`],
          ['put', 'a', before + 3, '3'],
          ['delete', 'b', before + 4, `beside ${before + 2}`],
        ],
      );
      recording.cancel();
    });

    it('keeps values exactly', async () => {
      await using opened = await open();
      const { store, reopen } = opened;
      const value = JSON.stringify({ text: 'ÄÖ\u0000\u2028😀 \u{1F980}', big: 'x'.repeat(1_500_000) });
      await store.write('a', () => put(value));
      assert.equal(store.get('a')?.value, value);
      assert.equal((await reopen()).get('a')?.value, value);
    });
  });

  describe(`${name}: lists`, () => {
    const keys = ['p/a/1', 'p/a/2', 'p/b/1', 'p/b/2', 'p/c/1'];
    const fill = async (store: Store) => {
      await Promise.all([...keys, 'pp/x', 'o/x'].map((key) => store.write(key, () => put(key))));
    };

    it('gives the objects of a prefix in key order and the revision they are of', async () => {
      await using opened = await open();
      const { store } = opened;
      await fill(store);
      const all = store.list('p/');
      assert.deepEqual(all.items.map((item) => item.key), keys); // biome-ignore format: one line
      assert.equal(all.revision, store.revision);
      assert.equal(all.remaining, 0);
      assert.deepEqual(store.list('q/').items, []);
      assert.equal(store.list('').items.length, keys.length + 2);
    });

    it('pages through the state of the first page whatever is written meanwhile', async () => {
      await using opened = await open();
      const { store } = opened;
      await fill(store);
      const first = store.list('p/', { limit: 2 });
      assert.equal(first.remaining, 3);
      await store.write('p/a/3', () => put('new'));
      await store.write('p/b/1', () => remove);
      await store.write('p/b/2', () => put('changed'));
      const second = store.list('p/', { limit: 2, startAfter: 'p/a/2', atRevision: first.revision });
      assert.deepEqual(second.items.map((item) => item.value), ['p/b/1', 'p/b/2']); // biome-ignore format: one line
      assert.equal(second.remaining, 1);
      assert.equal(second.revision, first.revision);
      const third = store.list('p/', { limit: 2, startAfter: 'p/b/2', atRevision: first.revision });
      assert.deepEqual(third.items.map((item) => item.key), ['p/c/1']); // biome-ignore format: one line
      assert.equal(third.remaining, 0);
    });

    it('refuses a compacted revision and a future one', async () => {
      await using opened = await open();
      const { store } = opened;
      await fill(store);
      store.compact(store.revision - 1);
      assert.equal(store.list('p/', { atRevision: store.revision - 1 }).items.length, keys.length);
      assert.throws(() => store.list('p/', { atRevision: store.revision - 2 }), CompactedError);
      assert.throws(() => store.list('p/', { atRevision: store.revision + 1 }), FutureRevisionError);
    });
  });

  describe(`${name}: watches`, () => {
    it('shows creation, update and deletion with the value before', async () => {
      await using opened = await open();
      const { store } = opened;
      const start = store.revision;
      const watch = record(store, 'a/', start);
      await store.write('a/1', () => put('1'));
      await store.write('a/1', () => put('2'));
      await store.write('b/1', () => put('other'));
      await store.write('a/1', () => ({ kind: 'delete', finalValue: (revision) => `gone at ${revision}` }));
      const expected: StoreEvent[] = [
        { kind: 'put', key: 'a/1', revision: start + 1, value: '1', previousValue: undefined },
        { kind: 'put', key: 'a/1', revision: start + 2, value: '2', previousValue: '1' },
        { kind: 'delete', key: 'a/1', revision: start + 4, value: `gone at ${start + 4}`, previousValue: '2' },
      ];
      assert.deepEqual(watch.events, expected);
      const replayed = record(store, 'a/', start);
      await until(() => replayed.events.length === 3, 'replay');
      assert.deepEqual(replayed.events, expected);
    });

    it('shows an event before its write is answered, and not before it is durable', async () => {
      await using opened = await open();
      const { store } = opened;
      const seen: string[] = [];
      store.watch({
        prefix: '',
        after: store.revision,
        onEvents: (events) => seen.push(...events.map((event) => `${event.value}:${store.get(event.key)?.value}`)),
        onEnd: () => {},
      });
      await store.write('a', () => put('1'));
      assert.deepEqual(seen, ['1:1']);
    });

    it('says up to where it has delivered, also when nothing concerned it', async () => {
      await using opened = await open();
      const { store } = opened;
      const start = store.revision;
      await Promise.all(Array.from({ length: 1500 }, () => store.write('b/1', () => put('x'))));
      const seen: StoreEvent[] = [];
      const options = { onEvents: (events: readonly StoreEvent[]) => seen.push(...events), onEnd: () => {} };
      const watch = store.watch({ prefix: 'b/', after: start, ...options });
      const other = store.watch({ prefix: 'a/', after: start, ...options });
      assert.equal(watch.position, start);
      await until(() => watch.position === store.revision && other.position === store.revision, 'both caught up');
      assert.equal(seen.length, 1500);
      await store.write('b/2', () => put('y'));
      assert.equal(watch.position, store.revision);
      assert.equal(other.position, store.revision);
    });

    it('stops at once when cancelled, also from within a delivery', async () => {
      await using opened = await open();
      const { store } = opened;
      const recording: StoreEvent[] = [];
      const watch = store.watch({
        prefix: '',
        after: store.revision,
        onEvents: (events) => {
          recording.push(...events);
          watch.cancel();
        },
        onEnd: () => assert.fail('a cancelled watch does not end by itself'),
      });
      await store.write('a', () => put('1'));
      await store.write('a', () => put('2'));
      assert.equal(recording.length, 1);
    });

    it('goes on for the others when one listener throws', async () => {
      await using opened = await open();
      const { store } = opened;
      let ended: string | undefined;
      store.watch({
        prefix: '',
        after: store.revision,
        onEvents: () => {
          throw new Error('broken listener');
        },
        onEnd: (reason) => {
          ended = reason;
        },
      });
      const good = record(store, '', store.revision);
      await store.write('a', () => put('1'));
      assert.equal(good.events.length, 1);
      assert.equal(ended, 'closed');
    });

    it('is refused from a compacted revision and from the future', async () => {
      await using opened = await open();
      const { store } = opened;
      for (let count = 0; count < 5; count++) await store.write('a', () => put(String(count)));
      store.compact(store.revision - 1);
      assert.throws(() => record(store, '', store.revision - 2), CompactedError);
      assert.throws(() => record(store, '', store.revision + 1), FutureRevisionError);
      const watch = record(store, '', store.revision - 1);
      await until(() => watch.events.length === 1, 'the one event kept');
      assert.equal(watch.events[0]?.previousValue, '3');
    });

    it('ends with "compacted" when compaction overtakes its replay', async () => {
      await using opened = await open();
      const { store } = opened;
      const start = store.revision;
      await Promise.all(Array.from({ length: 5000 }, (_, index) => store.write(`k/${index % 7}`, () => put('x'))));
      const watch = record(store, '', start);
      store.compact(store.revision);
      await until(() => watch.ended !== undefined, 'end of the watch');
      assert.equal(watch.ended, 'compacted');
    });

    it('ends with "closed" when the store closes', async () => {
      await using opened = await open();
      const { store } = opened;
      const watch = record(store, '', store.revision);
      await store.close();
      assert.equal(watch.ended, 'closed');
      await assert.rejects(
        store.write('a', () => put('1')),
        /closed/,
      );
    });

    it('is gap-free, ordered and without duplicates, from any revision, while others write', async () => {
      await using opened = await open();
      const { store } = opened;
      const start = store.revision;
      const next = random(20);
      const watches = [record(store, 'w/', start)];
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let count = 0; count < 150; count++) {
          const key = `w/${next(20)}`;
          await store.write(key, (current) =>
            current !== undefined && next(5) === 0 ? remove : put(`${writer}.${count}`),
          );
          if (next(40) === 0) watches.push(record(store, 'w/', start + next(store.revision - start)));
          if (next(60) === 0) watches.splice(1 + next(watches.length), 1)[0]?.cancel();
        }
      });
      await Promise.all(writers);
      const [first] = watches;
      assert.ok(first);
      assert.deepEqual(
        first.events.map((event) => event.revision),
        Array.from({ length: store.revision - start }, (_, index) => start + 1 + index),
      );
      await until(() => watches.every((watch) => watch.events.at(-1)?.revision === store.revision), 'all caught up');
      for (const watch of watches) assert.deepEqual(watch.events, first.events.slice(-watch.events.length));
    });
  });

  describe(`${name}: reopening`, () => {
    it('keeps objects, history and revision, also when the newest row was compacted away', async () => {
      await using opened = await open();
      const { store } = opened;
      const start = store.revision;
      await store.write('a', () => put('1'));
      await store.write('a', () => put('2'));
      const { revision } = await store.write('a', () => remove);
      const again = await opened.reopen();
      assert.equal(again.revision, revision);
      const watch = record(again, '', start);
      await until(() => watch.events.length === 3, 'replay after reopening');
      again.compact(revision);
      await until(() => again.compactRevision === revision, 'compaction');
      await again.write('b', () => put('1'));
      await again.write('b', () => remove);
      again.compact(again.revision);
      const last = again.revision;
      for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve));
      const third = await opened.reopen();
      assert.equal(third.revision, last);
      assert.throws(() => record(third, '', start), CompactedError);
    });
  });

  describe(`${name}: random operations`, () => {
    const seed = Number(process.env.STORE_SEED ?? 7);
    const rounds = Number(process.env.STORE_ROUNDS ?? 1500);
    it(`behaves as the model (STORE_SEED=${seed} STORE_ROUNDS=${rounds})`, async () => {
      await using opened = await open();
      await compareWithModel(opened, random(seed), rounds);
    });
  });
}

async function compareWithModel(
  opened: StoreUnderTest,
  next: (below: number) => number,
  rounds: number,
): Promise<void> {
  let store = opened.store;
  const model = new StoreModel();
  const start = store.revision;
  const prefixes = ['', 'a/', 'a/x/', 'b/'];
  const prefix = () => prefixes[next(prefixes.length)] ?? '';
  const key = () => `${'ab'[next(2)]}/${'xy'[next(2)]}/${next(6)}`;
  const plain = (objects: readonly StoredObject[]) => objects.map((object) => ({ ...object }));

  for (let round = 0; round < rounds; round++) {
    const action = next(100);
    if (action < 60) {
      const batch = Array.from({ length: 1 + next(4) }, () => {
        const name = key();
        return store.write(name, (current) =>
          next(4) === 0 ? remove : put(`${round}:${next(1000)}:${current?.value.length ?? 0}`),
        );
      });
      for (const result of await Promise.all(batch)) {
        const { previous, current, revision } = result;
        const name = current?.key ?? previous?.key;
        if (name === undefined) continue;
        const kind = current === undefined ? 'delete' : 'put';
        const value = current?.value ?? previous?.value ?? '';
        model.record({ kind, key: name, revision, value, previousValue: previous?.value });
      }
      assert.equal(store.revision, model.revisions.at(-1) ?? start);
    } else if (action < 80) {
      const at = Math.max(store.compactRevision, store.revision - next(200), start);
      const where = prefix();
      const expected = model.state(where, at);
      const limit = 1 + next(10);
      const listed: StoredObject[] = [];
      for (;;) {
        const last = listed.at(-1)?.key;
        const page = store.list(where, { limit, atRevision: at, ...(last === undefined ? {} : { startAfter: last }) });
        listed.push(...page.items);
        assert.equal(page.remaining, expected.length - listed.length);
        const piece = store.join(where, { limit, atRevision: at, ...(last === undefined ? {} : { startAfter: last }) });
        assert.equal(Buffer.from(piece.bytes).toString(), page.items.map(({ value }) => value).join(','));
        assert.deepEqual(
          [piece.count, piece.lastKey, piece.revision],
          [page.items.length, page.items.at(-1)?.key, page.revision],
        );
        if (page.remaining === 0) break;
      }
      assert.deepEqual(plain(listed), expected);
    } else if (action < 92) {
      const after = Math.max(store.compactRevision, store.revision - next(100), start);
      const where = prefix();
      const expected = model.events(where, after);
      const watch = record(store, where, after);
      await until(() => watch.events.length >= expected.length, 'replay');
      assert.deepEqual(watch.events, expected);
      watch.cancel();
    } else if (action < 98) {
      const name = key();
      const expected = model.state(name).find((object) => object.key === name);
      assert.deepEqual(plain(expected === undefined ? [] : [expected]), plain([store.get(name) ?? []].flat()));
    } else if (action < 99) store.compact(Math.max(1, store.revision - next(300)));
    else store = await opened.reopen();
  }
}
