/**
 * The process a cell runs in. The C library's allocator and V8's young generation are set up before any code of ours
 * runs, so their settings can only come from outside: the process replaces itself once, under the same process id.
 * What compiling needs (the TypeScript stripper above all, 15 MB a thread) goes with the process that is replaced.
 */
import { flushCompileCache } from 'node:module';
import { compileCell } from './cell/compile.ts';

// One heap for all threads instead of one per thread: 15 to 30 MB less for a cell, and not slower (measured).
const settings = { MALLOC_ARENA_MAX: '1' } as const;

/**
 * For the main thread, which does little; workers have limits of their own. 5 MB less. And the means by which a worker
 * that has become idle gives back what it grew by (servers/supervisor/rest.ts).
 */
const flags = ['--max-semi-space-size=1', '--expose-gc', '--disable-warning=ExperimentalWarning'] as const;

/**
 * Does not return when the process has to be replaced: once for the settings, and once more after compiling, which is done
 * under the same flags because V8's caches are only good for the flags they were made with.
 */
export async function settleProcess(environment: Readonly<Record<string, string | undefined>>): Promise<void> {
  if (process.execve === undefined) return;
  const isSettled = environment.MALLOC_ARENA_MAX !== undefined;
  if (isSettled && !(await compileCell())) return;
  flushCompileCache();
  const [, ...words] = process.argv;
  const nodeFlags = isSettled ? process.execArgv : flags;
  process.execve(process.execPath, [process.execPath, ...nodeFlags, ...words], { ...settings, ...process.env });
}
