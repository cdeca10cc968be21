/** The egress of one run: on a developer's machine an image reaches what its manifest says, this machine included. */
import { join } from 'node:path';
import type { Manifest } from '@diatom/libos/manifest';
import type { Egress } from '@diatom/tender';
import type { Target } from './target.ts';

/** Undefined: the image asks for no connections, or its target makes them another way. */
export async function openEgress(
  target: Target,
  { machineCalls }: Pick<Manifest, 'machineCalls'>,
  directory: string,
): Promise<Egress | undefined> {
  if (target === 'node' || target === 'virtio' || !machineCalls.includes('sock_connect')) return undefined;
  const { startEgress } = await import('@diatom/tender');
  return await startEgress({ socketPath: join(directory, 'egress.sock') });
}
