/** Every SQL statement of the embedded store, prepared once, with the shape of its rows. */
import type { DatabaseSync } from 'node:sqlite';
import type { Revision, StoredObject, StoreEvent } from './store.ts';

/** Keys are compared as UTF-8 bytes; this is after every key that starts with the prefix. */
export const prefixEnd = (prefix: string): string => `${prefix}\u{10ffff}`;

export interface JoinedRow {
  readonly count: number;
  readonly lastKey: string | null;
  readonly bytes: Uint8Array | null;
}

export interface SweepRow {
  readonly revision: Revision;
  readonly deleted: number;
  readonly previousRevision: Revision | null;
}

const object = 'log.key AS key, log.value AS value, log.createRevision AS createRevision, log.revision AS modRevision';

/** One row for a stretch of a list: neither an object nor a string is made for each value, and nothing is re-encoded. */
const joined = "count(*) AS count, max(key) AS lastKey, CAST(group_concat(value, ',') AS BLOB) AS bytes";

/** The newest version of every key in a range as of a revision, in key order. SQLite takes bare columns from max()'s row. */
const past = `
  SELECT revision FROM
    (SELECT max(revision) AS revision, deleted, key FROM log
     WHERE key >= ? AND key < ? AND revision <= ? GROUP BY key ORDER BY key)
  WHERE deleted = 0`;

export type Statements = ReturnType<typeof prepareStatements>;

export function prepareStatements(database: DatabaseSync) {
  const get = database.prepare(`SELECT ${object} FROM current JOIN log USING (revision) WHERE current.key = ?`);
  const list = database.prepare(
    `SELECT ${object} FROM current JOIN log USING (revision)
     WHERE current.key >= ? AND current.key < ? ORDER BY current.key LIMIT ?`,
  );
  const count = database.prepare('SELECT count(*) AS count FROM current WHERE key >= ? AND key < ?');
  const join = database.prepare(
    `SELECT ${joined} FROM
       (SELECT current.key AS key, log.value AS value FROM current JOIN log USING (revision)
        WHERE current.key >= ? AND current.key < ? ORDER BY current.key LIMIT ?)`,
  );
  const listPast = database.prepare(
    `SELECT ${object} FROM (${past} LIMIT ?) JOIN log USING (revision) ORDER BY log.key`,
  );
  const countPast = database.prepare(`SELECT count(*) AS count FROM (${past})`);
  const joinPast = database.prepare(
    `SELECT ${joined} FROM
       (SELECT log.key AS key, log.value AS value FROM (${past} LIMIT ?) JOIN log USING (revision) ORDER BY log.key)`,
  );
  const append = database.prepare(
    'INSERT INTO log (revision, key, deleted, createRevision, previousRevision, value) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const point = database.prepare(
    'INSERT INTO current VALUES (?, ?) ON CONFLICT DO UPDATE SET revision = excluded.revision',
  );
  const unpoint = database.prepare('DELETE FROM current WHERE key = ?');
  const events = database.prepare(
    `SELECT iif(log.deleted, 'delete', 'put') AS kind, log.key AS key, log.revision AS revision, log.value AS value,
            before.value AS previousValue
     FROM log LEFT JOIN log AS before ON before.revision = log.previousRevision
     WHERE log.revision > ? AND log.revision <= ? AND log.key >= ? AND log.key < ? ORDER BY log.revision`,
  );
  const sweep = database.prepare(
    'SELECT revision, deleted, previousRevision FROM log WHERE revision > ? AND revision <= ? ORDER BY revision LIMIT ?',
  );
  const remove = database.prepare('DELETE FROM log WHERE revision = ?');
  const newest = database.prepare('SELECT max(revision) AS revision FROM log');
  const freelist = database.prepare('PRAGMA freelist_count');
  const readMeta = database.prepare('SELECT value FROM meta WHERE name = ?');
  const writeMeta = database.prepare('UPDATE meta SET value = ? WHERE name = ?');

  return {
    get: (key: string) => get.get(key) as StoredObject | undefined,
    list: (from: string, to: string, limit: number) => list.all(from, to, limit) as unknown as StoredObject[],
    count: (from: string, to: string) => (count.get(from, to) as { count: number }).count,
    join: (from: string, to: string, limit: number) => join.get(from, to, limit) as unknown as JoinedRow,
    listPast: (from: string, to: string, at: Revision, limit: number) =>
      listPast.all(from, to, at, limit) as unknown as StoredObject[],
    countPast: (from: string, to: string, at: Revision) => (countPast.get(from, to, at) as { count: number }).count,
    joinPast: (from: string, to: string, at: Revision, limit: number) =>
      joinPast.get(from, to, at, limit) as unknown as JoinedRow,
    append: (
      revision: Revision,
      key: string,
      deleted: boolean,
      createRevision: Revision,
      previousRevision: Revision | undefined,
      value: string,
    ) => append.run(revision, key, deleted ? 1 : 0, createRevision, previousRevision ?? null, value),
    point: (key: string, revision: Revision) => point.run(key, revision),
    unpoint: (key: string) => unpoint.run(key),
    events: (after: Revision, upTo: Revision, prefix: string): StoreEvent[] =>
      (
        events.all(after, upTo, prefix, prefixEnd(prefix)) as unknown as (StoreEvent & {
          previousValue: string | null;
        })[]
      ).map((event) => ({ ...event, previousValue: event.previousValue ?? undefined })),
    sweep: (after: Revision, upTo: Revision, limit: number) => sweep.all(after, upTo, limit) as unknown as SweepRow[],
    remove: (revision: Revision) => remove.run(revision),
    newestRevision: () => (newest.get() as { revision: number | null }).revision ?? 0,
    freePages: () => (freelist.get() as { freelist_count: number }).freelist_count,
    readMeta: (name: 'compactRevision' | 'sweptRevision') => (readMeta.get(name) as { value: number }).value,
    writeMeta: (name: 'compactRevision' | 'sweptRevision', value: Revision) => writeMeta.run(value, name),
  };
}
