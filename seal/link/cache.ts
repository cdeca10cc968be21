/** Results kept by the content they were made from. Deleting the folder costs time and nothing else. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
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
  const name = `${kind}-${digestOf(parts)}`;
  const kept = await readKept(name);
  if (kept !== undefined) return kept;
  const made = await make();
  await keep(name, made);
  return made;
}

/** What is kept under a name; from now on it counts as used. */
export async function readKept(name: string): Promise<Uint8Array | undefined> {
  const path = join(cacheDirectory(), name);
  try {
    const bytes = await readFile(path);
    const now = new Date();
    // In a home that cannot be written nothing is trimmed either.
    await utimes(path, now, now).catch(() => {});
    return bytes;
  } catch {
    return undefined;
  }
}

/** Keep bytes under a name, whole or not at all. In a read-only home the next build takes as long as this one. */
export async function keep(name: string, bytes: Uint8Array): Promise<void> {
  const directory = cacheDirectory();
  try {
    await mkdir(directory, { recursive: true });
    const path = join(directory, name);
    const temporary = `${path}.${randomUUID()}`;
    await writeFile(temporary, bytes);
    await rename(temporary, path);
    await trim(directory, mostKeptBytes);
  } catch {
    // Nothing depends on it.
  }
}

/** Some hundred applications; a file that was not used for longest goes first. */
const mostKeptBytes = 64 * 1024 * 1024;

export async function trim(directory: string, mostBytes: number): Promise<void> {
  const files = await Promise.all(
    (await readdir(directory)).map(async (name) => {
      const path = join(directory, name);
      // Another build may have removed it in between.
      const found = await stat(path).catch(() => undefined);
      return { path, sizeBytes: found?.size ?? 0, usedMs: found?.mtimeMs ?? 0 };
    }),
  );
  let total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  for (const { path, sizeBytes } of files.sort((a, b) => a.usedMs - b.usedMs)) {
    if (total <= mostBytes) return;
    await rm(path, { force: true });
    total -= sizeBytes;
  }
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
