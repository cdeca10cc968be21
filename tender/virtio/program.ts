/** Where QEMU is, and how it is started so that it does not outlive its starter. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { TenderError } from '../instances.ts';
import { qemuProgram } from './qemu.ts';

async function findProgram(name: string): Promise<string | undefined> {
  const directories = name.includes('/') ? [''] : (process.env.PATH ?? '').split(delimiter);
  for (const directory of directories) {
    const path = join(directory, name);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}

/** The words before QEMU's arguments. Rejects with a `TenderError` that says what to install. */
export async function qemuCommand(program: string = qemuProgram): Promise<readonly string[]> {
  const path = await findProgram(program);
  if (path === undefined) {
    const what = `the virtio target runs in QEMU, and ${program} is not installed (Debian: apt install qemu-system-x86)`;
    throw new TenderError('QemuMissing', what);
  }
  if (process.platform !== 'linux') return [path];
  // util-linux, which every Debian has: the kernel ends the machine when this process is gone, however that happened.
  const setpriv = await findProgram('setpriv');
  return setpriv === undefined ? [path] : [setpriv, '--pdeathsig', 'KILL', path];
}
