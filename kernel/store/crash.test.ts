import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { random, record, until } from './conformance.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { Revision } from './store.ts';

const rounds = Number(process.env.STORE_CRASHES ?? 5);
const seed = Number(process.env.STORE_SEED ?? 1);

interface Acknowledged {
  readonly revision: Revision;
  readonly key: string;
  readonly value: string;
}

/** Runs the writer until it is killed after `bytes` of output, and returns every acknowledgement it got out. */
function writeUntilKilled(directory: string, round: number, bytes: number): Promise<readonly Acknowledged[]> {
  const writer = join(import.meta.dirname, 'crash-writer.ts');
  const child = spawn(process.execPath, [writer, directory, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    if (output.length > bytes) child.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      if (signal !== 'SIGKILL') return reject(new Error(`the writer ended by itself with ${code}`));
      // The last line may be cut off: the write was acknowledged, but nobody heard it.
      const lines = output.split('\n').slice(0, -1);
      resolve(
        lines.map((line) => {
          const [revision = '', key = '', value = ''] = line.split(' ');
          return { revision: Number(revision), key, value };
        }),
      );
    });
  });
}

it(`every acknowledged write survives kill -9 (STORE_CRASHES=${rounds} STORE_SEED=${seed})`, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'diatom-crash-'));
  const next = random(seed);
  let newest: Revision = 0;
  try {
    for (let round = 1; round <= rounds; round++) {
      const acknowledged = await writeUntilKilled(directory, round, next(600_000));
      const store = openSqliteStore({ directory });
      try {
        assert.ok(store.revision >= newest);
        newest = store.revision;
        const from = Math.max(store.compactRevision, 1);
        const history = record(store, '', from);
        await until(() => (history.events.at(-1)?.revision ?? from) === store.revision, 'replay of the history');
        // No gap and no duplicate, ...
        assert.deepEqual(
          history.events.map((event) => event.revision),
          Array.from({ length: store.revision - from }, (_, index) => from + 1 + index),
        );
        // ... every acknowledged write in its place, ...
        for (const { revision, key, value } of acknowledged) {
          assert.ok(revision <= store.revision, `revision ${revision} of ${key} was acknowledged and is gone`);
          const event = history.events[revision - from - 1];
          if (event === undefined) continue;
          assert.equal(event.key, key);
          assert.equal(event.kind === 'delete' ? '-' : event.value, value);
        }
        // ... and the state is what the history says.
        const state = new Map(store.list('', { atRevision: from }).items.map((item) => [item.key, item.value]));
        for (const event of history.events) {
          assert.equal(state.get(event.key), event.previousValue);
          if (event.kind === 'delete') state.delete(event.key);
          else state.set(event.key, event.value);
        }
        assert.deepEqual(
          new Map(store.list('').items.map((item) => [item.key, item.value])),
          new Map([...state].sort(byKey)),
        );
      } finally {
        await store.close();
      }
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

const byKey = ([a]: [string, string], [b]: [string, string]): number => (a < b ? -1 : 1);
