import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from '../command.ts';
import { jsonOption } from '../command.ts';
import { projectFiles } from '../dev/project-files.ts';
import { CommandError, exitStatus, usageError } from '../failure.ts';

/** As names of images and of Kubernetes objects (RFC 1123 label). */
const namePattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export const newProject: Command = {
  name: 'new',
  does: 'Write a small TypeScript service: typed, with a test',
  operands: [{ name: 'NAME' }],
  options: [jsonOption],
  notes: [
    'NAME may be a path; its last part is the name. Files are written only into a directory that is new or empty.',
  ],
  examples: ['diatom new greeter', 'diatom new services/greeter'],
  run: async ({ operands: [operand = ''], options, terminal }) => {
    const directory = resolve(operand);
    const name = basename(directory);
    if (!namePattern.test(name)) {
      throw usageError(
        `"${name}" cannot be the name of an image`,
        'Use lower-case letters, digits and hyphens, at most 63, with a letter or digit at both ends.',
      );
    }
    await requireEmpty(directory, operand);
    const files = await projectFiles(name);
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text, { flag: 'wx' });
    }
    if (options.has('json')) terminal.printJson({ name, directory, files: Object.keys(files) });
    else {
      for (const path of Object.keys(files)) terminal.print(join(operand, path));
      terminal.note(`\nNext: cd ${operand}\n      npm test\n      diatom dev service.ts`);
    }
    return exitStatus.success;
  },
};

async function requireEmpty(directory: string, operand: string): Promise<void> {
  const found = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR') throw new CommandError(`${operand} is there and is not a directory`);
    throw error;
  });
  if (found.length > 0) {
    throw new CommandError(`${operand} is there and not empty`, 'Give another name, or empty the directory first.');
  }
}
