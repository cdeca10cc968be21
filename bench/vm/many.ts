/** Five hundred idle virtual machines under one tender, and what they take together. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { connectProcessTender } from '@diatom/tender';
import { freePort } from '../measure/ports.ts';
import { type HostMemory, memoryCounters, memoryUsed } from './host-memory.ts';
import { benchTender, buildImageFor, slotFor } from './subjects/image.ts';

export const manyInstances = 500;
const clientGraceMs = 1_000;

export interface ManyInstances {
  readonly startMs: number;
  /** Of all together. */
  readonly memory: HostMemory;
  /** Of those started, how many answer a request at the end. */
  readonly answering: number;
}

export async function measureMany(directory: string): Promise<ManyInstances> {
  await mkdir(directory, { recursive: true });
  const image = await buildImageFor('hvt', 'hello.ts', directory);
  const socketPath = join(directory, 'tender.sock');
  const tender = await connectProcessTender({ binaryPath: await benchTender(), socketPath, clientGraceMs });
  const started: string[] = [];
  try {
    const before = await memoryCounters();
    const sinceMs = performance.now();
    const ports: number[] = [];
    const pids: number[] = [];
    while (started.length < manyInstances) {
      const id = `idle-${started.length}`;
      const hostPort = await freePort();
      const logPath = join(directory, `${id}.log`);
      const state = await tender.start(slotFor(image, { id, target: 'hvt', boot: 'eager', logPath, hostPort }));
      started.push(id);
      ports.push(hostPort);
      if (state.kind === 'running') pids.push(state.pid);
    }
    const startMs = performance.now() - sinceMs;
    const memory = memoryUsed(before, await memoryCounters(), pids);
    const answers = await Promise.all(ports.map(isAnswering));
    return { startMs, memory, answering: answers.filter((isThere) => isThere).length };
  } finally {
    for (const id of started) await tender.stop(id, 0);
    await tender.close();
  }
}

async function isAnswering(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
    return response.ok && (await response.text()) === 'hello\n';
  } catch {
    return false;
  }
}
