/** Makes a cell's data directory, or says why it cannot be one. */
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CommandError } from '../failure.ts';

/**
 * One directory after the other: Node's recursive mkdir tries for ever where the operating system says that a directory
 * to be made does not exist, as /proc does.
 */
export function makeDataDirectory(path: string): void {
  const missing: string[] = [];
  let existing = path;
  for (; statSync(existing, { throwIfNoEntry: false }) === undefined; existing = dirname(existing))
    missing.unshift(existing);
  const advice = 'Choose another with --data.';
  if (!statSync(existing).isDirectory()) throw new CommandError(`${path} is not a directory`, advice);
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
    for (const directory of missing) mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${path} cannot be the data directory: ${why}`, advice, undefined, { cause: error });
  }
}
