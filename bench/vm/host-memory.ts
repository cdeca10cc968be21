/**
 * What one idle instance costs the machine, seen twice over many of them: what the kernel has less to give (`MemAvailable`,
 * which counts page tables and what KVM keeps for a machine, and is disturbed by everything else that runs), and the
 * proportional set size of the processes (which counts only their pages, the shared ones by their share).
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../measure/ports.ts';
import { pssKb } from '../measure/process-tree.ts';
import { type ServerProcess, startServer } from '../measure/server-process.ts';
import type { ReadyVm } from './subject.ts';

export interface HostMemory {
  readonly availableKb: number;
  readonly pssKb: number;
}

const settleMs = 1_000;
const startLimitMs = 30_000;

export async function measureHostMemory(subject: ReadyVm): Promise<HostMemory> {
  const running: ServerProcess[] = [];
  try {
    const beforeKb = await memAvailableKb();
    while (running.length < subject.instances) running.push(await startIdle(subject, running));
    await pause(settleMs);
    const pss = running.reduce((sum, { pid }) => sum + pssKb(pid), 0);
    const afterKb = await memAvailableKb();
    return { availableKb: (beforeKb - afterKb) / running.length, pssKb: pss / running.length };
  } finally {
    await Promise.all(running.map((server) => server.stop()));
  }
}

/** Waits for the line, so that starts do not overlap. `running` is told nothing: a failed start is stopped by itself. */
async function startIdle(subject: ReadyVm, running: readonly ServerProcess[]): Promise<ServerProcess> {
  const server = startServer(await subject.command(await freePort()));
  const giveUpAtMs = performance.now() + startLimitMs;
  while (!server.output().includes(subject.line)) {
    if (performance.now() > giveUpAtMs) {
      await server.stop();
      throw new Error(`instance ${running.length + 1} did not print "${subject.line}": ${server.output()}`);
    }
    await pause(2);
  }
  return server;
}

/** Once more after a pause: a process that has just ended gives its memory back a little later. */
export async function memAvailableKb(): Promise<number> {
  await pause(settleMs);
  const text = await readFile('/proc/meminfo', 'utf8');
  return Number(/^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1]);
}
