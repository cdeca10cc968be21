/**
 * The native tender's program: sealed from our own sources at first use and kept in the cache under a name made from
 * everything it depends on, so a changed source or compiler gives a new file and a running tender keeps its own.
 */
import { createHash, randomUUID } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nativeTenderSource } from '@diatom/tender';
import type { Home } from './home.ts';
import { formatMs } from './terminal/units.ts';

/** Path of the executable; built first when it is not in the cache. */
export async function nativeTender(home: Home, note: (text: string) => void): Promise<string> {
  const directory = join(home.cache, 'tender');
  const path = join(directory, `diatom-tender-${sourceDigest().slice(0, 16)}`);
  if (await exists(path)) return path;
  note('Building the native tender (once for this version) ...');
  const startedMs = performance.now();
  // The compiler costs 100 ms to load: only the first use pays.
  const { sealNativeProgram } = await import('./native-program.ts');
  const elf = await sealNativeProgram(nativeTenderSource);
  await mkdir(directory, { recursive: true });
  const part = `${path}.${randomUUID()}.part`;
  try {
    await writeFile(part, elf, { mode: 0o755, flush: true });
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
