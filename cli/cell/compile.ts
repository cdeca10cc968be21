/**
 * The first start of a cell on a machine compiles everything. Nine threads that do so at once each load the TypeScript
 * stripper and compile the same modules: measured 1.1-1.9 s and 300 MB. So every module is loaded once beforehand, which
 * leaves a cache in which all threads find everything.
 */
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serverTable } from './server-table.ts';

/**
 * Whether there was something to compile: not without NODE_COMPILE_CACHE, nor when these modules have been compiled there
 * before, nor when that cannot be remembered. Never rejects.
 */
export async function compileCell(): Promise<boolean> {
  const cache = process.env.NODE_COMPILE_CACHE;
  if (cache === undefined || cache === '') return false;
  const modules = [
    import.meta.resolve('./cell.ts'),
    import.meta.resolve('./kernel-worker.ts'),
    import.meta.resolve('@diatom/servers/supervisor/server-worker.ts'),
    ...serverTable.map(({ module }) => import.meta.resolve(module)),
  ];
  const digest = createHash('sha256')
    .update([process.version, ...process.execArgv, ...sourceVersions()].join('\n'))
    .digest('hex');
  const marker = join(cache, `cell-${digest.slice(0, 32)}`);
  if (existsSync(marker)) return false;
  // A module that cannot be loaded is its own thread's to report.
  await Promise.allSettled(modules.map((module) => import(module)));
  try {
    mkdirSync(cache, { recursive: true });
    writeFileSync(marker, '');
    return true;
  } catch {
    // A cache that cannot be written costs time and memory, nothing else.
    return false;
  }
}

/** Any source file of the rooms a cell is made of may have changed since. */
function sourceVersions(): string[] {
  const rooms = ['@diatom/sdk', '@diatom/kernel', '@diatom/servers', '@diatom/tender', '@diatom/libos', '@diatom/cli'];
  return rooms.flatMap((room) => {
    const directory = fileURLToPath(new URL('.', import.meta.resolve(room)));
    const files = globSync('**/*.ts', { cwd: directory, exclude: ['node_modules', '**/guest', '**/*.test.ts'] }).sort();
    return files.map((file) => `${room}/${file} ${statSync(join(directory, file)).mtimeMs}`);
  });
}
