/** A tender for one run in the foreground: it ends with the command. */
import { join } from 'node:path';
import type { Tender } from '@diatom/tender';
import { CommandError } from '../failure.ts';
import type { Home } from '../home.ts';
import { nativeTender } from '../native-tender.ts';

/** The image must not outlive a command that was killed. */
const clientGraceMs = 500;

export async function openTender(
  target: 'process' | 'hvt' | 'node',
  home: Home,
  directory: string,
  note: (text: string) => void,
): Promise<Tender> {
  const { connectProcessTender, createNodeTender, probeHvt } = await import('@diatom/tender');
  if (target === 'node') return createNodeTender();
  const binaryPath = await nativeTender(home, note);
  if (target === 'hvt') {
    const problem = await probeHvt(binaryPath);
    if (problem !== undefined) {
      const advice = 'Run it with --target process, or where /dev/kvm works (see docs/targets.md).';
      throw new CommandError(`virtual machines (hvt) do not work here: ${problem}`, advice);
    }
  }
  return await connectProcessTender({ binaryPath, socketPath: join(directory, 'tender.sock'), clientGraceMs });
}
