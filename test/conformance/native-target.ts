/** Targets of the native tender: code from our compiler, in a process or in a virtual machine. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '@diatom/seal';
import { connectProcessTender, type SlotSpec, startEgress, type Tender } from '@diatom/tender';
import { nativeTenderPath } from '../hostile/native-tender.ts';
import type { Target } from './start.ts';

/** `certificates` are trusted besides those of the machine. */
export const nativeTarget = (target: SlotSpec['target'], certificates: readonly string[] = []): Target => ({
  openTender: async (): Promise<Tender> => {
    const directory = await mkdtemp(join(tmpdir(), 'diatom-tender-'));
    const tender = await connectProcessTender({
      binaryPath: await nativeTenderPath(),
      socketPath: join(directory, 'tender.sock'),
      clientGraceMs: 2000,
    });
    const egress = await startEgress({ socketPath: join(directory, 'egress.sock'), certificates });
    const ofEgress = { egress: { socketPath: egress.socketPath, scope: '' } };
    const connects = ({ manifest }: SlotSpec): boolean => manifest.machineCalls.includes('sock_connect');
    return {
      start: (spec) => tender.start({ ...spec, target, ...(connects(spec) ? ofEgress : {}) }),
      stop: (id, graceMs) => tender.stop(id, graceMs),
      list: () => tender.list(),
      onEvent: (listener) => tender.onEvent(listener),
      close: async () => {
        await tender.close();
        await egress.close();
        await rm(directory, { recursive: true, force: true });
      },
    };
  },
  build: async (file) => {
    const { manifest, layers } = await build({ file, targets: [target] });
    return { manifest, layers, runs: target };
  },
});
