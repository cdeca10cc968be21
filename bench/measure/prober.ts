/** Spawn to first byte of the first answer and to a line of output, by a native prober of our own (bench/guest/prober.ts). */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sealNativeProgram } from '@diatom/cli/native-program.ts';
import type { ServerCommand } from '../subjects/subject.ts';
import { canPin, loadProcessor, serverProcessor } from './processors.ts';

export interface Boot {
  /** 0 when none was waited for. */
  readonly firstResponseMs: number;
  /** 0 when none was waited for. */
  readonly firstLineMs: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * Port 0: no response is waited for. `line`: a part of a line of the output, at most 63 bytes, that is waited for; an empty
 * one means the end of the output.
 */
export type Prober = (command: ServerCommand, port: number, line?: string) => Promise<Boot>;

const killAfterMs = 3_000;
const notPinned = 64;
const noLine = '-';
const source = {
  entryPath: join(import.meta.dirname, '../guest/prober.ts'),
  ascOptions: ['--runtime', 'stub', '--optimizeLevel', '3', '--noAssert', '--use', 'abort='],
} as const;

export async function createProber(directory: string): Promise<Prober> {
  const program = join(directory, 'prober');
  await writeFile(program, await sealNativeProgram(source), { mode: 0o755 });
  const processors = (canPin ? [serverProcessor, loadProcessor] : [notPinned, notPinned]).map(String);
  return async (command, port, line = noLine) => {
    const child = spawn(program, [String(port), ...processors, line, command.program, ...command.words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '', ...command.environment },
    });
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-2000);
    });
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const report = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve);
      child.once('error', reject);
      void exited.then(() => reject(new Error(`${whatIsMissing(port, line)}\n${output}`.trim())));
    });
    const [pid = 0, responseNs = 0, lineNs = 0] = report.split(' ').map(Number);
    return {
      pid,
      firstResponseMs: responseNs / 1e6,
      firstLineMs: lineNs / 1e6,
      stop: () => stop(pid, child, exited),
    };
  };
}

function whatIsMissing(port: number, line: string): string {
  const answer = port === 0 ? [] : [`answer with 200 on port ${port}`];
  const output = line === noLine ? [] : [line === '' ? 'end' : `print "${line}"`];
  return `it did not ${[...answer, ...output].join(' and ')}`;
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
