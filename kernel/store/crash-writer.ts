/**
 * The process the crash test kills: writes without pause and says on stdout what was acknowledged, one line per write:
 * `<revision> <key> <value, or - for a deletion>`.
 */
import { writeSync } from 'node:fs';
import { openSqliteStore } from './sqlite-store.ts';

const [directory = '', seedText = '1'] = process.argv.slice(2);
const store = openSqliteStore({ directory });
const seed = Number(seedText);

async function write(writer: number): Promise<never> {
  for (let count = 0; ; count++) {
    const key = `k/${(count * 7 + writer * 3 + seed) % 40}`;
    const value = `${seed}.${writer}.${count}.${'x'.repeat((count * 37) % 3000)}`;
    const { revision, current, previous } = await store.write(key, (existing) =>
      existing !== undefined && (count + writer) % 5 === 0 ? { kind: 'delete' } : { kind: 'put', value: () => value },
    );
    if (current === undefined && previous === undefined) continue;
    // Synchronous: a line that is out is a promise that was given.
    writeSync(1, `${revision} ${key} ${current === undefined ? '-' : current.value}\n`);
    if (writer === 0 && count % 50 === 49) store.compact(Math.max(1, revision - 100));
  }
}

await Promise.all(Array.from({ length: 6 }, (_, writer) => write(writer)));
