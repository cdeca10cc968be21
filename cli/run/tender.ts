/** A tender for one run in the foreground: it ends with the command. */
import { join } from 'node:path';
import type { Tender } from '@diatom/tender';
import type { Home } from '../home.ts';
import { nativeTender } from '../native-tender.ts';
import type { Target } from './slot.ts';

/** The image must not outlive a command that was killed. */
const clientGraceMs = 500;

export async function openTender(
  target: Target,
  home: Home,
  directory: string,
  note: (text: string) => void,
): Promise<Tender> {
  switch (target) {
    case 'node': {
      const { createNodeTender } = await import('@diatom/tender');
      return createNodeTender();
    }
    case 'process': {
      const { connectProcessTender } = await import('@diatom/tender');
      const binaryPath = await nativeTender(home, note);
      return await connectProcessTender({ binaryPath, socketPath: join(directory, 'tender.sock'), clientGraceMs });
    }
  }
}
