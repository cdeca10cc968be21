/**
 * The first start of a cell on a machine compiles everything. Nine threads that do so at once each load the TypeScript
 * stripper and compile the same modules: measured 1.1-1.9 s and 300 MB. One thread that loads every module first and goes
 * away leaves a cache in which all others find everything.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

const script = `
  const { parentPort, workerData } = require('node:worker_threads');
  Promise.all(workerData.map((module) => import(module))).finally(() => {
    require('node:module').flushCompileCache();
    process.exit(0);
  });
`;

/** Does nothing without NODE_COMPILE_CACHE, or when these modules have been compiled there before. Never rejects. */
export async function warmUp(modules: readonly string[]): Promise<void> {
  const cache = process.env.NODE_COMPILE_CACHE;
  if (cache === undefined || cache === '') return;
  const versions = modules.map((module) => `${module} ${statSync(fileURLToPath(module)).mtimeMs}`);
  const digest = createHash('sha256')
    .update([process.version, ...versions].join('\n'))
    .digest('hex');
  const marker = join(cache, `cell-${digest.slice(0, 32)}`);
  if (existsSync(marker)) return;
  const worker = new Worker(script, { eval: true, workerData: modules, name: 'warm-up' });
  // A module that cannot be loaded is its own thread's to report.
  worker.on('error', () => {});
  await new Promise((resolve) => worker.once('exit', resolve));
  try {
    mkdirSync(cache, { recursive: true });
    writeFileSync(marker, '');
  } catch {
    // A cache that cannot be written costs time, nothing else.
  }
}
