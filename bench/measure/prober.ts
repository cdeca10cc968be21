/** Spawn to first byte of the first answer, by a native prober of our own (bench/guest/prober.ts). */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sealNativeProgram } from '@diatom/cli/native-program.ts';
import type { ServerCommand } from '../subjects/subject.ts';
import { canPin, loadProcessor, serverProcessor } from './processors.ts';

export interface Boot {
  readonly firstResponseMs: number;
  readonly pid: number;
  stop(): Promise<void>;
}

export type Prober = (command: ServerCommand, port: number) => Promise<Boot>;

const killAfterMs = 3_000;
const notPinned = 64;
const source = {
  entryPath: join(import.meta.dirname, '../guest/prober.ts'),
  ascOptions: ['--runtime', 'stub', '--optimizeLevel', '3', '--noAssert', '--use', 'abort='],
} as const;

export async function createProber(directory: string): Promise<Prober> {
  const program = join(directory, 'prober');
  await writeFile(program, await sealNativeProgram(source), { mode: 0o755 });
  const processors = (canPin ? [serverProcessor, loadProcessor] : [notPinned, notPinned]).map(String);
  return async (command, port) => {
    const child = spawn(program, [String(port), ...processors, command.program, ...command.words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '', ...command.environment },
    });
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-2000);
    });
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve);
      child.once('error', reject);
      void exited.then(() => reject(new Error(`it did not answer with 200 on port ${port}\n${output}`.trim())));
    });
    const [pid = 0, elapsedNs = 0] = line.split(' ').map(Number);
    return { pid, firstResponseMs: elapsedNs / 1e6, stop: () => stop(pid, child, exited) };
  };
}

/** The prober ends when the server has ended. */
async function stop(pid: number, child: ChildProcess, exited: Promise<void>): Promise<void> {
  const send = (signal: NodeJS.Signals): void => {
    try {
      if (child.exitCode === null) process.kill(pid, signal);
    } catch {
      // The server has ended by itself.
    }
  };
  send('SIGTERM');
  const timer = setTimeout(() => send('SIGKILL'), killAfterMs);
  await exited;
  clearTimeout(timer);
}
