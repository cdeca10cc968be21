/**
 * What one idle instance costs the machine, over many of them at once:
 *
 * - the proportional set size of its processes, which counts only their own pages, and shared ones by their share;
 * - that and what the kernel keeps for it, by the growth of the kernel's counters (tables of pages and of virtual machines,
 *   stacks, objects): all there is, and hardly disturbed by what else runs;
 * - what the kernel says it has less to give (`MemAvailable`): the same from the other side, but every other process's
 *   doings are in it as well.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../measure/ports.ts';
import { pssKb } from '../measure/process-tree.ts';
import { type ServerProcess, startServer } from '../measure/server-process.ts';
import type { ReadyVm } from './subject.ts';

export interface HostMemory {
  readonly pssKb: number;
  readonly withKernelKb: number;
  readonly availableKb: number;
}

export interface MemoryCounters {
  readonly kernelKb: number;
  readonly availableKb: number;
}

/** A guest that has waited for a second gives its machine back (tender/guest/hvt/rest.ts): it is idle only then. */
const settleMs = 2_500;
const startLimitMs = 30_000;
const stopsAtOnce = 16;

/** Of /proc/meminfo (proc_meminfo(5)). Kernel stacks are in `VmallocUsed`. */
const kernelCounters = ['Slab', 'PageTables', 'SecPageTables', 'VmallocUsed', 'Percpu'] as const;

export async function measureHostMemory(subject: ReadyVm): Promise<HostMemory> {
  const running: ServerProcess[] = [];
  try {
    const before = await memoryCounters();
    while (running.length < subject.instances) running.push(await startIdle(subject));
    const after = await memoryCounters();
    const used = memoryUsed(
      before,
      after,
      running.map(({ pid }) => pid),
    );
    return {
      pssKb: used.pssKb / running.length,
      withKernelKb: used.withKernelKb / running.length,
      availableKb: used.availableKb / running.length,
    };
  } finally {
    while (running.length > 0) await Promise.all(running.splice(0, stopsAtOnce).map((server) => server.stop()));
  }
}

/** Of all processes together. */
export function memoryUsed(before: MemoryCounters, after: MemoryCounters, pids: readonly number[]): HostMemory {
  const pss = pids.reduce((sum, pid) => sum + pssKb(pid), 0);
  return {
    pssKb: pss,
    withKernelKb: pss + after.kernelKb - before.kernelKb,
    availableKb: before.availableKb - after.availableKb,
  };
}

/** After a pause: a process that has just ended gives its memory back a little later. */
export async function memoryCounters(): Promise<MemoryCounters> {
  await pause(settleMs);
  const text = await readFile('/proc/meminfo', 'utf8');
  const counter = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0);
  return {
    kernelKb: kernelCounters.reduce((sum, name) => sum + counter(name), 0),
    availableKb: counter('MemAvailable'),
  };
}

/** Waits for the line, so that starts do not overlap. */
async function startIdle(subject: ReadyVm): Promise<ServerProcess> {
  const server = startServer(await subject.command(await freePort()));
  const giveUpAtMs = performance.now() + startLimitMs;
  while (!server.output().includes(subject.line)) {
    if (performance.now() > giveUpAtMs) {
      await server.stop();
      throw new Error(`an instance did not print "${subject.line}": ${server.output()}`);
    }
    await pause(1);
  }
  return server;
}
