import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { put, random, record, type StoreUnderTest, storeConformance, until } from './conformance.ts';
import { openSqliteStore } from './sqlite-store.ts';

async function open(): Promise<StoreUnderTest & { readonly directory: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'diatom-store-'));
  let store = openSqliteStore({ directory, log: () => {} });
  return {
    directory,
    store,
    reopen: async () => {
      await store.close();
      store = openSqliteStore({ directory, log: () => {} });
      return store;
    },
    [Symbol.asyncDispose]: async () => {
      await store.close();
      rmSync(directory, { recursive: true });
    },
  };
}

storeConformance('sqlite', open);

describe('sqlite: the data directory', () => {
  it('is held by one store at a time, and the second one is told by whom', async () => {
    await using opened = await open();
    assert.throws(() => openSqliteStore({ directory: opened.directory }), new RegExp(`in use by .*${process.pid}`));
    await opened.store.write('a', () => put('1'));
    await opened.reopen();
  });

  it('of a newer format is refused', async () => {
    await using opened = await open();
    await opened.store.close();
    const database = new DatabaseSync(join(opened.directory, 'store.sqlite'));
    database.exec('PRAGMA user_version = 99');
    database.close();
    assert.throws(() => openSqliteStore({ directory: opened.directory }), /format 99/);
  });

  it('with a damaged file is refused with advice', async () => {
    await using opened = await open();
    await opened.store.close();
    writeFileSync(join(opened.directory, 'store.sqlite'), 'not a database '.repeat(500));
    assert.throws(() => openSqliteStore({ directory: opened.directory }), /is damaged .* put back a copy/);
  });

  it('shrinks after compaction', async () => {
    await using opened = await open();
    const value = 'x'.repeat(10_000);
    for (let round = 0; round < 4; round++) {
      await Promise.all(Array.from({ length: 500 }, () => opened.store.write('a', () => put(value))));
    }
    const store = await opened.reopen();
    const before = statSync(join(opened.directory, 'store.sqlite')).size;
    store.compact(store.revision);
    for (let turns = 0; turns < 100; turns++) await new Promise((resolve) => setImmediate(resolve));
    await opened.reopen();
    const after = statSync(join(opened.directory, 'store.sqlite')).size;
    assert.ok(after < before / 2, `${before} bytes before, ${after} after`);
  });
});

describe('sqlite: a full disk', () => {
  it('fails the whole commit, keeps memory and disk as before, and recovers when there is space', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'diatom-full-'));
    const store = openSqliteStore({
      directory,
      log: () => {},
      tune: (database) => database.exec('PRAGMA max_page_count = 40'),
    });
    try {
      await store.write('a', () => put('1'));
      const before = store.revision;
      const watch = record(store, '', before);
      const flood = await Promise.allSettled([
        store.write('a', () => put('2')),
        store.write('b', () => put('x'.repeat(400_000))),
      ]);
      assert.deepEqual(flood.map((write) => write.status), ['rejected', 'rejected']); // biome-ignore format: one line
      assert.match(String((flood[0] as PromiseRejectedResult).reason), /no space left/);
      assert.equal(store.revision, before);
      assert.equal(store.get('a')?.value, '1');
      assert.equal(watch.events.length, 0);
      const { revision } = await store.write('a', () => put('3'));
      assert.equal(revision, before + 1);
      await until(() => watch.events.length === 1, 'the event after recovery');
    } finally {
      await store.close();
      rmSync(directory, { recursive: true });
    }
  });
});

describe('sqlite: a failing disk', () => {
  it('fails the commit, takes no more writes and says why, still reads, and is whole after a restart', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'diatom-failing-'));
    let fail = (): void => {};
    const tune = (database: DatabaseSync): void => {
      fail = () => database.exec('PRAGMA query_only = ON');
    };
    const store = openSqliteStore({ directory, log: () => {}, tune });
    try {
      const { revision } = await store.write('a', () => put('1'));
      fail();
      await assert.rejects(
        store.write('a', () => put('2')),
        /takes no more writes: .* check the disk and restart/,
      );
      await assert.rejects(
        store.write('a', () => ({ kind: 'keep' })),
        /takes no more writes/,
      );
      assert.equal(store.get('a')?.value, '1');
      assert.equal(store.revision, revision);
      await store.close();
      const again = openSqliteStore({ directory });
      assert.equal((await again.write('a', () => put('3'))).revision, revision + 1);
      await again.close();
    } finally {
      await store.close();
      rmSync(directory, { recursive: true });
    }
  });
});

describe('sqlite: speed', () => {
  it('shares one commit between the writes of a turn', async () => {
    await using opened = await open();
    const next = random(1);
    const value = JSON.stringify({ data: 'x'.repeat(1000) });
    const started = performance.now();
    await Promise.all(Array.from({ length: 5000 }, () => opened.store.write(`k/${next(1000)}`, () => put(value))));
    const perSecond = 5000 / ((performance.now() - started) / 1000);
    assert.ok(perSecond > 2000, `${Math.round(perSecond)} writes per second`);
  });
});
