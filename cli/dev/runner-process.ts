/** The process that runs the program, from outside. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { FromRunner, ToRunner } from './messages.ts';

export interface RunnerProcess {
  send(message: ToRunner): void;
  /** Resolves when it has ended. */
  end(): Promise<void>;
}

export interface RunnerOptions {
  /** Where a debugger may attach. */
  readonly inspectPort: number | undefined;
  readonly onMessage: (message: FromRunner) => void;
  /** The address a debugger attaches to. */
  readonly onInspector: (url: string) => void;
  /** It ended without having been asked to. */
  readonly onExit: (how: string) => void;
}

export function startRunner({ inspectPort, onMessage, onInspector, onExit }: RunnerOptions): RunnerProcess {
  const child: ChildProcess = fork(join(import.meta.dirname, 'runner.ts'), {
    execArgv: [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      ...(inspectPort === undefined ? [] : [`--inspect=127.0.0.1:${inspectPort}`]),
    ],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Bytes and undefined as they are.
    serialization: 'advanced',
  });
  let isEnding = false;
  let output = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-4000);
    const url = /ws:\/\/\S+/.exec(output)?.[0];
    if (url === undefined) return;
    output = '';
    onInspector(url);
  });
  child.on('message', (message) => onMessage(message as FromRunner));
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve();
      if (!isEnding) onExit(`${signal ?? `status ${code}`}${output === '' ? '' : `\n${output.trimEnd()}`}`);
    });
  });
  return {
    send: (message) => {
      if (child.connected) child.send(message);
    },
    end: async () => {
      isEnding = true;
      // A program that loops for ever hears no other signal.
      child.kill('SIGKILL');
      await exited;
    },
  };
}
