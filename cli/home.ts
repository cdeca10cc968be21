/** Where Diatom keeps things between commands: images, the default cell, caches. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export interface Home {
  readonly root: string;
  readonly images: string;
  readonly cell: string;
  readonly cache: string;
}

/** DIATOM_HOME (also read by bin/diatom.mjs), or `diatom` in the XDG data directory (XDG Base Directory Specification 0.8). */
export function homeOf(environment: Readonly<Record<string, string | undefined>>): Home {
  const data = environment.XDG_DATA_HOME || join(environment.HOME || homedir(), '.local/share');
  const root = resolve(environment.DIATOM_HOME || join(data, 'diatom'));
  return { root, images: join(root, 'images'), cell: join(root, 'cell'), cache: join(root, 'cache') };
}
