/**
 * `node warm-up.ts BINARY`: runs a cell once in a temporary directory, so that its code is in Node's compile cache and
 * the first cell somebody uses is as small and as quick as every later one: without the cache each worker loads the
 * TypeScript compiler for itself (10 MB and 100 ms each).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { flushCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCell } from './cell/cell.ts';

const [, , binaryPath = ''] = process.argv;
const directory = await mkdtemp(join(tmpdir(), 'diatom-warm-up-'));
try {
  const cell = await startCell({
    dataDirectory: join(directory, 'cell'),
    imageStoreDirectory: join(directory, 'images'),
    tender: { kind: 'process', binaryPath },
  });
  await cell.close();
  flushCompileCache();
} finally {
  await rm(directory, { recursive: true, force: true });
}
process.exit();
