/** Our own: examples/hello as a sealed image, started by the native tender itself. No Node is on that path. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { homeOf } from '@diatom/cli';
import { buildImage } from '@diatom/cli/image-build.ts';
import { nativeTender } from '@diatom/cli/native-tender.ts';
import { versions } from '@diatom/cli/version.ts';
import { createImageStore, writeRunSpec } from '@diatom/tender';
import { checkout } from '@diatom/test/tools/npm';
import type { Subject } from './subject.ts';

export const diatomProcess: Subject = {
  name: 'diatom-process',
  prepare: async (directory) => {
    await mkdir(directory, { recursive: true });
    // The sealed tender is kept in the checkout's cache; the image is built anew for each bench.
    const home = homeOf({ DIATOM_HOME: join(checkout, '.cache/bench') });
    const binaryPath = await nativeTender(home, () => {});
    const store = createImageStore(join(directory, 'images'));
    const { image } = await buildImage(store, join(checkout, 'examples/hello/hello.ts'), 'hello');
    const { manifest } = image;
    const layer = manifest.layers.find(({ role }) => role === 'process');
    const declared = manifest.ports[0];
    if (layer === undefined || declared === undefined) throw new Error('the hello image has no executable or no port');
    return {
      kind: 'ready',
      version: versions().diatom,
      command: async (port) => {
        const path = join(directory, 'spec');
        await writeRunSpec(
          {
            id: 'bench',
            manifest,
            target: 'process',
            imagePath: store.blobPath(layer.digest),
            listen: [{ port: declared.port, address: '127.0.0.1', hostPort: port }],
            environment: {},
            memoryLimitBytes: manifest.memory.maximumBytes + manifest.memory.stackBytes,
            boot: 'eager',
            idleTimeoutMs: 0,
            timeLimitMs: 0,
            logPath: join(directory, 'console.log'),
          },
          path,
        );
        return { program: binaryPath, words: ['run', path] };
      },
    };
  },
};
