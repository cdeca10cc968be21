/** One run of a subject: started, asked, ended, and nothing left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import type { ServerCommand } from '../subjects/subject.ts';

export interface ServerProcess {
  readonly pid: number;
  /** What it printed, for the error message when it does not answer. */
  output(): string;
  stop(): Promise<void>;
}

const killAfterMs = 3_000;

export function startServer({ program, words, environment }: ServerCommand): ServerProcess {
  const child: ChildProcess = spawn(program, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', ...environment },
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-2000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  child.on('error', (error) => {
    output += error.message;
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return {
    pid: child.pid ?? -1,
    output: () => output,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Waits until the server takes connections. */
export async function waitForPort(port: number, server: ServerProcess, timeoutMs = 20_000): Promise<void> {
  const giveUpAtMs = performance.now() + timeoutMs;
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.on('connect', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('close', () => socket.destroy());
      socket.on('connect', () => socket.destroy());
    });
    if (isOpen) return;
    if (performance.now() > giveUpAtMs) throw new Error(`nothing listens on port ${port}: ${server.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
