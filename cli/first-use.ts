/** What the first cell of a version needs before it can start: the native tender, and compiled code in Node's cache. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, glob, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cellProcess } from './cell-process.ts';
import type { Home } from './home.ts';
import { nativeTender } from './native-tender.ts';
import { formatMs } from './terminal/units.ts';

const run = promisify(execFile);
const rooms = ['@diatom/kernel', '@diatom/servers', '@diatom/sdk', '@diatom/tender'] as const;

/** Path of the native tender. Takes a few milliseconds when there is nothing to do. */
export async function prepareCell(home: Home, note: (text: string) => void): Promise<string> {
  const binaryPath = await nativeTender(home, note);
  const cache = process.env.NODE_COMPILE_CACHE ?? join(home.cache, 'node');
  const marker = join(cache, `warm-${await sourceStamp()}`);
  const isWarm = await access(marker).then(
    () => true,
    () => false,
  );
  if (isWarm) return binaryPath;
  note('Compiling the cell (once for this version) ...');
  const startedMs = performance.now();
  const words = [...cellProcess.flags, join(import.meta.dirname, 'warm-up.ts'), binaryPath];
  try {
    await run(process.execPath, words, {
      env: { ...process.env, ...cellProcess.environment, NODE_COMPILE_CACHE: cache },
      timeout: 30_000,
    });
    await mkdir(cache, { recursive: true });
    await writeFile(marker, '');
    note(`Compiled it in ${formatMs(performance.now() - startedMs)}.`);
  } catch (error) {
    // A cell starts without it too, only slower; and what is really wrong the cell itself says better.
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    note(`That did not work (${why}); the first start takes longer.`);
  }
  return binaryPath;
}

/** Changes with every file the cell consists of: sizes and times are enough, since the cache itself goes by content. */
async function sourceStamp(): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  const roots = rooms.map((room) => fileURLToPath(new URL('.', import.meta.resolve(room))));
  for (const root of [...roots, join(import.meta.dirname, 'cell')]) {
    const files: string[] = [];
    for await (const file of glob('**/*.ts', { cwd: root, exclude: ['node_modules', '**/*.test.ts', 'guest/**'] })) {
      files.push(file);
    }
    const stamps = await Promise.all(
      files.sort().map(async (file) => {
        const { size, mtimeMs } = await stat(join(root, file));
        return `${file} ${size} ${mtimeMs}\n`;
      }),
    );
    hash.update(stamps.join(''));
  }
  return hash.digest('hex').slice(0, 16);
}
