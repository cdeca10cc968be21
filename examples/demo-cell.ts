/** The cell of the demo: `diatom up` as a process of its own, as a user starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Unexpected, waitFor } from './demo-steps.ts';

const readyTimeoutMs = 15_000;
const stopTimeoutMs = 10_000;
const tenderEndMs = 2_000;

export interface DemoCell {
  readonly kubeconfig: string;
  readonly address: string;
  /** From spawn to the line that says ready. */
  readonly readyMs: number;
  /** Processes of running instances: children of the cell's tender. */
  instanceProcesses(): readonly number[];
  /** As Ctrl-C; rejects when the cell does not end in order. */
  stop(): Promise<void>;
  /** When something went wrong: nothing of the cell is left afterwards. */
  destroy(): void;
  /** The last lines it wrote to stderr. */
  remarks(): string;
}

export async function startCell(
  main: string,
  dataDirectory: string,
  environment: NodeJS.ProcessEnv,
): Promise<DemoCell> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [main, 'up', '--data', dataDirectory, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment,
    // A group of its own: Ctrl-C is for the demo, which then stops the cell.
    detached: true,
  });
  let remarks = '';
  child.stderr.on('data', (chunk: Buffer) => {
    remarks = (remarks + chunk.toString()).slice(-4000);
  });
  const exit = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 128)));
  const destroy = (): void => {
    child.kill('SIGKILL');
    for (const pid of tenderProcesses(dataDirectory)) kill(pid);
  };
  try {
    const line = await firstLine(child, exit, () => remarks);
    const ready: { kubeconfig: string; address: string } = JSON.parse(line);
    return {
      kubeconfig: ready.kubeconfig,
      address: ready.address,
      readyMs: performance.now() - startedMs,
      instanceProcesses: () => tenderProcesses(dataDirectory).flatMap(childrenOf),
      stop: async () => {
        child.kill('SIGINT');
        const code = await within(stopTimeoutMs, exit, 'the cell to stop');
        if (code !== 0) throw new Unexpected('the cell to stop with status 0', `status ${code}: ${remarks}`);
        // The tender ends by itself when its client has gone, which takes as long as it takes the machine to notice.
        await waitFor('no process of the cell left', tenderEndMs, async () => {
          const left = tenderProcesses(dataDirectory);
          return left.length === 0 ? { found: true } : { seen: `process ${left.join(', ')}` };
        });
      },
      destroy,
      remarks: () => remarks,
    };
  } catch (error) {
    destroy();
    throw error;
  }
}

async function firstLine(child: ChildProcess, exit: Promise<number>, remarks: () => string): Promise<string> {
  const { stdout } = child;
  if (stdout === null) throw new Error('diatom up has no stdout');
  const line = new Promise<string>((resolve) => createInterface({ input: stdout }).once('line', resolve));
  const ended = exit.then((code) => {
    throw new Unexpected('the cell to get ready', `diatom up ended with status ${code}: ${remarks().trim()}`);
  });
  // Once the line is there the later end of the process is no failure of this wait.
  ended.catch(() => {});
  return await within(readyTimeoutMs, Promise.race([line, ended]), 'the cell to get ready');
}

async function within<T>(timeoutMs: number, promise: Promise<T>, expected: string): Promise<T> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    timeout.reject(new Unexpected(`${expected} within ${timeoutMs / 1000} s`, 'nothing'));
  }, timeoutMs);
  try {
    return await Promise.race([promise, timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The tender outlives the cell by design (docs/architecture.md), so it is found by its socket in the data directory. */
function tenderProcesses(dataDirectory: string): readonly number[] {
  const serving = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const words = read(`/proc/${pid}/cmdline`).split('\0');
      return words[1] === 'serve' && words[2]?.startsWith(`${dataDirectory}/`) === true;
    });
  // An instance is forked from the tender and may carry its command line: the tender is the one no other fathered.
  const children = new Set(serving.flatMap(childrenOf));
  return serving.filter((pid) => !children.has(pid));
}

function childrenOf(pid: number): readonly number[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself in the meantime.
  }
}
