/** Running an image by itself, without a tender that stays: for `diatom run` and the benchmarks. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Exit, type SlotSpec, TenderError } from '../instances.ts';
import { describeExit } from './exit.ts';
import { checkImageDigest } from './image-digest.ts';
import { labelOf } from './label.ts';
import { encodeSpec } from './spec.ts';
import { loadSymbols } from './symbols.ts';

export interface RunOptions {
  readonly binaryPath: string;
  /** `boot` must be `eager`; `logPath` is not used: the console is the caller's standard output. */
  readonly spec: SlotSpec;
  /** Ends the image. */
  readonly signal?: AbortSignal;
  readonly onStarted?: (pid: number) => void;
}

/** The end of what an image says on its trap descriptor is where a trap line is. */
const reportCharacters = 4096;

/** Writes what `<tender> run <path>` reads, for callers that start the program themselves. */
export const writeRunSpec = async (spec: SlotSpec, path: string): Promise<void> => {
  if (spec.boot !== 'eager') throw new TenderError('InvalidSpec', 'an image that is run by itself boots at once');
  await checkImageDigest(spec);
  if (spec.egress !== undefined) {
    throw new TenderError('InvalidSpec', 'an image that is run by itself has no egress: start it in a tender');
  }
  if (spec.timeLimitMs !== 0) {
    throw new TenderError('InvalidSpec', 'nobody keeps the time limit of an image that is run by itself');
  }
  await writeFile(path, encodeSpec(spec), { mode: 0o600 });
};

const signalNumbers: Readonly<Record<string, number>> = { SIGINT: 2, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15, SIGSYS: 31 };

/** A Node timer that is set to more fires at once. */
const longestTimerMs = 2 ** 31 - 1;

/** Resolves when the image has ended, however that was. */
export const runImage = async (options: RunOptions): Promise<Exit> => {
  const { binaryPath, spec, signal, onStarted } = options;
  const directory = await mkdtemp(join(tmpdir(), 'diatom-run-'));
  try {
    const specPath = join(directory, 'spec');
    await writeRunSpec({ ...spec, timeLimitMs: 0 }, specPath);
    const startedAt = new Date().toISOString();
    const child = spawn(binaryPath, ['run', specPath], { stdio: ['ignore', 'inherit', 'pipe'], env: {} });
    const stop = (): void => {
      child.kill('SIGKILL');
    };
    signal?.addEventListener('abort', stop, { once: true });
    let isOverdue = false;
    const onOverdue = (): void => {
      isOverdue = true;
      stop();
    };
    const timer = spec.timeLimitMs > 0 ? setTimeout(onOverdue, Math.min(spec.timeLimitMs, longestTimerMs)) : undefined;
    if (child.pid !== undefined) onStarted?.(child.pid);
    let report = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      report = (report + chunk).slice(-reportCharacters);
    });
    const waitStatus = await new Promise<number>((resolve, reject) => {
      child.once('error', (error) =>
        reject(new TenderError('StartFailed', `the tender cannot be started: ${error.message}`)),
      );
      child.once('close', (code, name) => resolve(name === null ? (code ?? 0) << 8 : (signalNumbers[name] ?? 9)));
      if (signal?.aborted) stop();
    });
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
    const { name, memoryLimitBytes, timeLimitMs, symbolsPath } = labelOf(spec);
    const killedFor = isOverdue ? 'time-limit' : signal?.aborted ? 'stop' : 'nothing';
    const verdict = describeExit(
      { waitStatus, report, killedFor, imageName: name, memoryLimitBytes, timeLimitMs },
      loadSymbols(symbolsPath),
    );
    return { ...verdict, startedAt, finishedAt: new Date().toISOString() };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};
