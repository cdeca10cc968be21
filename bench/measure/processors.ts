/** Server and prober on processors of their own, where the machine has two and `taskset` is installed. */
import { execFileSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { availableParallelism } from 'node:os';

export const serverProcessor = 0;
export const loadProcessor = 1;

export const canPin: boolean = availableParallelism() > 1 && hasTaskset();

/** Pins the calling thread. Threads and processes it starts afterwards inherit that. */
export function pinThisThread(processor: number): void {
  if (!canPin) return;
  const thread = readlinkSync('/proc/thread-self').split('/').at(-1) ?? '';
  execFileSync('taskset', ['-c', '-p', String(processor), thread], { stdio: 'ignore' });
}

/** A command line that runs on one processor only. */
export function pinned(
  processor: number,
  program: string,
  words: readonly string[],
): { readonly program: string; readonly words: readonly string[] } {
  return canPin ? { program: 'taskset', words: ['-c', String(processor), program, ...words] } : { program, words };
}

export const pinning: string = canPin
  ? `server on processor ${serverProcessor}, prober and load on ${loadProcessor}`
  : 'none (one processor, or taskset is not installed)';

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
