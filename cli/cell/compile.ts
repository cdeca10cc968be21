/**
 * The first start of a cell on a machine compiles everything. Nine threads that do so at once each load the TypeScript
 * stripper and compile the same modules: measured 1.1-1.9 s and 300 MB. So every module is loaded once beforehand, which
 * leaves a cache in which all threads find everything.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serverTable } from './server-table.ts';

/** Does nothing without NODE_COMPILE_CACHE, or when these modules have been compiled there before. Never rejects. */
export async function compileCell(): Promise<void> {
  const cache = process.env.NODE_COMPILE_CACHE;
  if (cache === undefined || cache === '') return;
  const modules = [
    import.meta.resolve('./cell.ts'),
    import.meta.resolve('./kernel-worker.ts'),
    import.meta.resolve('@diatom/servers/supervisor/server-worker.ts'),
    ...serverTable.map(({ module }) => import.meta.resolve(module)),
  ];
  const versions = modules.map((module) => `${module} ${statSync(fileURLToPath(module)).mtimeMs}`);
  const digest = createHash('sha256')
    .update([process.version, ...versions].join('\n'))
    .digest('hex');
  const marker = join(cache, `cell-${digest.slice(0, 32)}`);
  if (existsSync(marker)) return;
  // A module that cannot be loaded is its own thread's to report.
  await Promise.allSettled(modules.map((module) => import(module)));
  try {
    mkdirSync(cache, { recursive: true });
    writeFileSync(marker, '');
  } catch {
    // A cache that cannot be written costs time, nothing else.
  }
}
