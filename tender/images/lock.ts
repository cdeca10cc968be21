/** Mutual exclusion between processes through a file that holds its owner's process id. */
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { ImageStoreError } from './layout.ts';

const retryMs = 10;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** The file appears with its owner's id already in it. */
const tryLock = async (path: string): Promise<boolean> => {
  const own = `${path}.${randomUUID()}`;
  await writeFile(own, String(process.pid));
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    await rm(own, { force: true });
  }
};

const ownerOf = async (path: string): Promise<number> => Number(await readFile(path, 'utf8').catch(() => ''));

/** Its owner has died without unlocking. Taken away by rename, so that only one of several waiting processes does it. */
const removeStaleLock = async (path: string): Promise<boolean> => {
  const owner = await ownerOf(path);
  if (owner === 0 || isAlive(owner)) return false;
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside).catch(() => undefined);
  const isAnothers = (await ownerOf(aside)) !== owner;
  if (isAnothers) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
  return !isAnothers;
};

export const withFileLock = async <T>(path: string, timeoutMs: number, work: () => Promise<T>): Promise<T> => {
  const deadline = performance.now() + timeoutMs;
  while (!(await tryLock(path))) {
    if (await removeStaleLock(path)) continue;
    if (performance.now() > deadline) {
      throw new ImageStoreError('Locked', `${path} is held by another process; if none is running, remove that file`);
    }
    await wait(retryMs);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
};
