/** Our image for foreign monitors in QEMU's microvm: no streams yet, so the console is all there is to wait for. */
import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { qemuArguments } from '@diatom/tender/virtio/qemu.ts';
import type { VmSubject } from '../subject.ts';
import { buildImageFor, firstLine } from './image.ts';
import { type Accelerator, qemu, qemuPackage, qemuVersion } from './qemu.ts';

const memoryBytes = 32 * 1024 * 1024;

export const qemuMicrovm = (accelerator: Accelerator): VmSubject => ({
  name: 'qemu-microvm',
  case: accelerator,
  prepare: async (directory) => {
    const version = await qemuVersion();
    if (version === undefined) {
      return { kind: 'skipped', why: `QEMU is not installed: apt-get install ${qemuPackage}` };
    }
    await mkdir(directory, { recursive: true });
    const { imagePath, imageBytes } = await buildImageFor('virtio', 'waiting.ts', directory);
    return {
      kind: 'ready',
      version: `QEMU ${version}`,
      imageBytes,
      line: firstLine,
      http: { no: 'the virtio target has no TCP yet' },
      instances: 4,
      command: async () => {
        const statusPath = join(await mkdtemp(join(directory, 'run-')), 'status');
        const options = {
          imageName: 'bench',
          imagePath,
          memoryBytes,
          accelerator,
          environment: {},
          idleTimeoutMs: 0,
          timeLimitMs: 0,
          onConsole: () => {},
        };
        return { program: qemu, words: qemuArguments(options, { statusPath, commandLine: '' }) };
      },
    };
  },
});
