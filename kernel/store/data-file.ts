/**
 * The SQLite file behind the embedded store: opened by one process at a time, every commit synced before it returns
 * (https://sqlite.org/wal.html, https://sqlite.org/pragma.html#pragma_synchronous).
 */
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const formatVersion = 1;

/**
 * `log` is the history: one row per revision, the newest row of a key being its state. `current` leads from a key to
 * that row. A row names its predecessor, which is what a watch shows as the previous value and what compaction removes.
 */
const schema = `
  CREATE TABLE log (
    revision INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    createRevision INTEGER NOT NULL,
    previousRevision INTEGER,
    value TEXT NOT NULL
  );
  CREATE INDEX logByKey ON log (key, revision, deleted);
  CREATE TABLE current (key TEXT PRIMARY KEY, revision INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  INSERT INTO meta VALUES ('compactRevision', 0), ('sweptRevision', 0);
`;

/** The data directory cannot be used; the message says why and what to do. */
export class StoreUnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreUnavailableError';
  }
}

export function openDataFile(directory: string): DatabaseSync {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = storePath(directory);
  // Secrets lie in it. SQLite gives its write-ahead log the same mode.
  closeSync(openSync(path, 'a', 0o600));
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    prepare(database, path, directory);
  } catch (error) {
    database.close();
    if (isBusy(error)) {
      throw new StoreUnavailableError(
        `the data directory ${directory} is in use by ${holder(directory)}; stop that process or choose another directory`,
        { cause: error },
      );
    }
    if (isDamaged(error)) {
      throw new StoreUnavailableError(
        `${path} is damaged (${error}); put back a copy, or move the file away to start with an empty cell`,
        { cause: error },
      );
    }
    throw error;
  }
  return database;
}

function prepare(database: DatabaseSync, path: string, directory: string): void {
  // Exclusive mode keeps the file lock until the process ends, however it ends, and keeps the index of the write-ahead
  // log in our memory instead of a shared file. Order matters: it has to be set before WAL is entered.
  database.exec('PRAGMA locking_mode = EXCLUSIVE');
  const version = (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
  // Only a file without tables can still choose this.
  if (version === 0) database.exec('PRAGMA auto_vacuum = INCREMENTAL');
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA journal_size_limit = 16777216;
    PRAGMA cache_size = -4096;
    BEGIN IMMEDIATE;
  `);
  if (version === 0) database.exec(`${schema} PRAGMA user_version = ${formatVersion};`);
  else if (version !== formatVersion) {
    throw new StoreUnavailableError(
      `${path} has format ${version}, this program reads ${formatVersion}; use the version that wrote it`,
    );
  }
  database.exec('COMMIT');
  writeFileSync(holderPath(directory), `${process.pid}\n`, { mode: 0o600 });
}

/** Only says who it is; the lock itself is SQLite's, so a file left by a killed process locks nobody out. */
const storePath = (directory: string): string => join(directory, 'store.sqlite');

/** The data and what is not yet copied into it. */
export const storeFiles = (directory: string): readonly string[] => [
  storePath(directory),
  `${storePath(directory)}-wal`,
];

const holderPath = (directory: string): string => join(directory, 'store.pid');

function holder(directory: string): string {
  try {
    const pid = readFileSync(holderPath(directory), 'utf8').trim();
    return pid === String(process.pid) ? `this process (pid ${pid})` : `process ${pid}`;
  } catch {
    return 'another process';
  }
}

/** SQLITE_BUSY, SQLITE_CORRUPT, SQLITE_NOTADB and SQLITE_FULL, the low byte of https://sqlite.org/rescode.html. */
const isBusy = (error: unknown): boolean => resultCode(error) === 5;
const isDamaged = (error: unknown): boolean => [11, 26].includes(resultCode(error) ?? 0);
export const isDiskFull = (error: unknown): boolean => resultCode(error) === 13;

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}
