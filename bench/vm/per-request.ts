/** A virtual machine for each connection: made when it arrives, destroyed after it. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { connectProcessTender } from '@diatom/tender';
import { measureSingleRequests, type Throughput } from '../load/driver.ts';
import { freePort } from '../measure/ports.ts';
import { benchTender, buildImageFor, slotFor } from './subjects/image.ts';

export const perRequestConnections = 4;
const clientGraceMs = 1_000;
const warmUpMs = 1_000;
const loadMs = 5_000;

/** Calls `onRun` after each of `runs` loads of some seconds. */
export async function measurePerRequest(
  directory: string,
  runs: number,
  onRun: (throughput: Throughput) => void,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const image = await buildImageFor('hvt', 'hello.ts', directory);
  const socketPath = join(directory, 'tender.sock');
  const tender = await connectProcessTender({ binaryPath: await benchTender(), socketPath, clientGraceMs });
  const hostPort = await freePort();
  const logPath = join(directory, 'console.log');
  try {
    await tender.start(slotFor(image, { id: 'request', target: 'hvt', boot: 'per-connection', logPath, hostPort }));
    const load = (durationMs: number): Promise<Throughput> =>
      measureSingleRequests(hostPort, perRequestConnections, durationMs);
    await load(warmUpMs);
    for (let run = 0; run < runs; run += 1) onRun(await load(loadMs));
  } finally {
    await tender.stop('request', 0);
    await tender.close();
  }
}
