/** Our targets for processes and virtual machines. The native tender starts them itself: no Node is on that path. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { versions } from '@diatom/cli/version.ts';
import { writeRunSpec } from '@diatom/tender';
import { probeHvt } from '@diatom/tender/process/probe.ts';
import type { VmSubject } from '../subject.ts';
import { benchTender, buildImageFor, firstLine, slotFor } from './image.ts';

const diatom = (target: 'process' | 'hvt', kind: VmSubject['case']): VmSubject => ({
  name: `diatom-${target}`,
  case: kind,
  prepare: async (directory) => {
    await mkdir(directory, { recursive: true });
    const binaryPath = await benchTender();
    const missing = target === 'hvt' ? await probeHvt(binaryPath) : undefined;
    if (missing !== undefined) return { kind: 'skipped', why: missing };
    const image = await buildImageFor(target, 'hello.ts', directory);
    return {
      kind: 'ready',
      version: versions().diatom,
      imageBytes: image.imageBytes,
      line: firstLine,
      http: 'yes',
      instances: 200,
      command: async (hostPort) => {
        const path = join(directory, `spec-${hostPort}`);
        const id = `bench-${hostPort}`;
        const logPath = join(directory, 'console.log');
        await writeRunSpec(slotFor(image, { id, target, boot: 'eager', logPath, hostPort }), path);
        return { program: binaryPath, words: ['run', path] };
      },
    };
  },
});

export const diatomHvt: VmSubject = diatom('hvt', 'kvm');
export const diatomProcess: VmSubject = diatom('process', 'process');
