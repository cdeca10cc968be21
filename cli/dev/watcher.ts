/** Tells when a file of the program may have changed: watches the directories of its files, as editors replace files. */
import { type FSWatcher, watch } from 'node:fs';
import { dirname, extname } from 'node:path';

/** Editors write a file in several steps. */
const settleMs = 15;

const endings = new Set(['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json']);

export interface Watcher {
  /** The files that the program is made of now; those of packages are taken as they are. */
  watch(files: readonly string[]): void;
  close(): void;
}

export function createWatcher(onChange: () => void): Watcher {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  const changed = (_event: string, name: string | null): void => {
    if (name !== null && !endings.has(extname(name))) return;
    clearTimeout(timer);
    timer = setTimeout(onChange, settleMs);
  };
  const forget = (directory: string): void => {
    watchers.get(directory)?.close();
    watchers.delete(directory);
  };
  return {
    watch: (files) => {
      for (const file of files) {
        const directory = dirname(file);
        if (watchers.has(directory) || directory.includes('/node_modules/')) continue;
        const watcher = watch(directory, changed);
        // The directory has been taken away: the next build says what is missing.
        watcher.on('error', () => forget(directory));
        watchers.set(directory, watcher);
      }
    },
    close: () => {
      clearTimeout(timer);
      for (const directory of [...watchers.keys()]) forget(directory);
    },
  };
}
