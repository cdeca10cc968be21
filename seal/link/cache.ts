/** Results kept by the content they were made from. Deleting the folder costs time and nothing else. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

export type CacheKeyPart = string | Uint8Array;

/** Beside what else Diatom keeps (README, DIATOM_HOME). */
function cacheDirectory(): string {
  const { DIATOM_HOME: home, XDG_DATA_HOME: data } = process.env;
  return join(home || join(data || join(homedir(), '.local/share'), 'diatom'), 'cache', 'seal');
}

/** The result of `make` for these parts, from the cache when it is there. A cache that cannot be written is no error. */
export async function cached(
  kind: string,
  parts: readonly CacheKeyPart[],
  make: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const directory = cacheDirectory();
  const path = join(directory, `${kind}-${digestOf(parts)}`);
  try {
    return await readFile(path);
  } catch {
    // Not there: made below.
  }
  const made = await make();
  try {
    await mkdir(directory, { recursive: true });
    const temporary = `${path}.${randomUUID()}`;
    await writeFile(temporary, made);
    await rename(temporary, path);
  } catch {
    // A read-only home: the next build takes as long as this one.
  }
  return made;
}

function digestOf(parts: readonly CacheKeyPart[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    // Lengths keep ["ab", "c"] and ["a", "bc"] apart.
    hash.update(`${bytes.byteLength}:`).update(bytes);
  }
  return hash.digest('hex');
}
