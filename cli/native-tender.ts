/**
 * The native tender's program: sealed from our own sources at first use and kept in the cache under a name made from
 * everything it depends on, so a changed source or compiler gives a new file and a running tender keeps its own.
 */
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CommandError } from './failure.ts';
import type { Home } from './home.ts';
import { formatMs } from './terminal/units.ts';

const run = promisify(execFile);

/** Path of the executable; built first when it is not in the cache. */
export async function nativeTender(home: Home, note: (text: string) => void): Promise<string> {
  const directory = join(home.cache, 'tender');
  const path = join(directory, `diatom-tender-${sourceDigest().slice(0, 16)}`);
  if (await exists(path)) return path;
  note('Building the native tender (once for this version) ...');
  const startedMs = performance.now();
  await mkdir(directory, { recursive: true });
  const part = `${path}.${randomUUID()}.part`;
  try {
    // In a process of its own, because a compiler leaves 200 MB behind and `diatom up` stays for long.
    await run(process.execPath, [join(import.meta.dirname, 'native-tender-build.ts'), part]).catch((error: unknown) => {
      const text = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
      throw new CommandError(`the native tender cannot be built: ${text}`, '', undefined, { cause: error });
    });
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
  note(`Built it in ${formatMs(performance.now() - startedMs)}.`);
  return path;
}

function sourceDigest(): string {
  const rooms = { tender: '@diatom/tender', seal: '@diatom/seal' } as const;
  const hash = createHash('sha256');
  for (const [name, room] of Object.entries(rooms)) {
    const root = fileURLToPath(new URL('.', import.meta.resolve(room)));
    const files = globSync(
      name === 'tender' ? ['guest/**/*', 'process/build-options.ts'] : ['**/*.ts', 'package.json'],
      {
        cwd: root,
        exclude: ['node_modules', '**/*.test.ts', 'guest/**/*.json'],
      },
    ).sort();
    for (const file of files.filter((candidate) => candidate.endsWith('.ts') || candidate.endsWith('.json'))) {
      const bytes = readFileSync(join(root, file));
      hash.update(`${name}/${file}\n${bytes.length}\n`).update(bytes);
    }
  }
  return hash.digest('hex');
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
