import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** sun_path without its NUL (unix(7)). */
const socketPathBytes = 107;

/**
 * Where the tender listens: in the data directory when its name fits into a socket address, else in a directory of our
 * own beside the other temporary files. Whoever could make that one first could pose as the tender, so it must be ours.
 */
export function tenderSocketPath(dataDirectory: string): string {
  const path = join(dataDirectory, 'tender.sock');
  if (Buffer.byteLength(path) <= socketPathBytes) return path;
  const directory = join(tmpdir(), `diatom-${createHash('sha256').update(dataDirectory).digest('hex').slice(0, 24)}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(directory);
  const isOurs = uid === process.getuid?.() && (mode & 0o777) === 0o700;
  if (!isOurs) throw new Error(`${directory} belongs to somebody else; use a shorter path for the data directory`);
  return join(directory, 'tender.sock');
}
