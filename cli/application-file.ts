/** The file an application starts with, from what people name: the file, or its folder. */
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { CommandError } from './failure.ts';

const endings = ['.ts', '.tsx'] as const;

/** In a folder: the file of its name, then what such files are usually called. */
const usualNames = ['service', 'index', 'main'] as const;

/** Path of the file, as it was named when it was a file. */
export async function applicationFile(operand: string): Promise<string> {
  const kind = await kindOf(operand);
  if (kind === 'file') return operand;
  if (kind === 'nothing') throw new CommandError(`there is no file ${operand}`);
  const names = [basename(resolve(operand)), ...usualNames].flatMap((name) => endings.map((ending) => name + ending));
  for (const name of names) {
    if ((await kindOf(join(operand, name))) === 'file') return join(operand, name);
  }
  throw new CommandError(
    `${operand} is a folder without ${names.slice(0, -1).join(', ')} or ${names.at(-1)}`,
    'Name the file that the application starts with, like src/app.ts.',
  );
}

/** Names of images look like names of folders: those count where they are written as a path. */
export async function namesApplication(operand: string): Promise<boolean> {
  const kind = await kindOf(operand);
  if (kind === 'folder') return operand.includes('/') || operand === '.' || operand === '..';
  return kind === 'file' || endings.some((ending) => operand.endsWith(ending));
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'nothing'> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ? 'folder' : found?.isFile() ? 'file' : 'nothing';
}
