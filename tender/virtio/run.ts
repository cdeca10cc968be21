/**
 * The virtio target on this machine: one image in QEMU's `microvm`, always under control. QEMU ends when the image does,
 * when the signal is aborted and when the time limit is over.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Exit, TenderError } from '../instances.ts';
import { describeExit } from '../process/exit.ts';
import { loadSymbols } from '../process/symbols.ts';
import { bootCommandLine } from './command-line.ts';
import { loadedBytes } from './image-file.ts';
import { qemuCommand } from './program.ts';
import { qemuArguments, qemuProgram } from './qemu.ts';

export interface VirtioRunOptions {
  /** For messages. */
  readonly imageName: string;
  /** The virtio layer: an ELF with a PVH entry. */
  readonly imagePath: string;
  /** The symbols of that layer, so that traps name functions. */
  readonly symbolsPath?: string;
  /** RAM of the machine; rounded up to MiB. */
  readonly memoryBytes: number;
  /** `auto`: KVM where it can be opened, else emulation. */
  readonly accelerator: 'kvm' | 'tcg' | 'auto';
  /** A network device. `backend` is QEMU's -netdev without its id, like `dgram,local.type=unix,...`. */
  readonly network?: { readonly backend: string; readonly mac?: string };
  /** A block device on a raw file. */
  readonly block?: { readonly path: string; readonly isReadOnly: boolean };
  readonly environment: Readonly<Record<string, string>>;
  /** See `idle_ns` in docs/virtio.md; 0: never. */
  readonly idleTimeoutMs: number;
  /** Longer than this no machine runs; 0: no limit. */
  readonly timeLimitMs: number;
  /** Another QEMU; default: the one on the path. */
  readonly program?: string;
  readonly onConsole: (bytes: Uint8Array) => void;
  readonly onStarted?: (pid: number) => void;
  /** Ends the machine. */
  readonly signal?: AbortSignal;
}

/** Trap lines stand at the end of the console. */
const reportBytes = 4096;

/** Resolves when the machine has ended, however that was. Rejects with a `TenderError` when QEMU cannot run it at all. */
export async function runVirtio(options: VirtioRunOptions): Promise<Exit> {
  const commandLine = bootCommandLine(options);
  const command = await qemuCommand(options.program);
  await checkMemory(options);
  const directory = await mkdtemp(join(tmpdir(), 'diatom-virtio-'));
  try {
    const statusPath = join(directory, 'status');
    const startedAt = new Date().toISOString();
    const ending = await runQemu(options, command, qemuArguments(options, { statusPath, commandLine }));
    const [status] = await readFile(statusPath).catch(() => Buffer.alloc(0));
    return { ...judge(options, ending, status), startedAt, finishedAt: new Date().toISOString() };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Where segments lie outside of RAM the machine would run into the void. The rest the image checks itself. */
async function checkMemory({ imageName, imagePath, memoryBytes }: VirtioRunOptions): Promise<void> {
  const neededBytes = await loadedBytes(imagePath);
  if (neededBytes <= memoryBytes) return;
  const what = `image ${imageName} needs a machine of at least ${neededBytes} bytes, ${memoryBytes} are given`;
  throw new TenderError('memory', what);
}

interface Ending {
  readonly report: string;
  /** What QEMU itself had to say. */
  readonly complaint: string;
  readonly stoppedBy: 'itself' | 'signal' | 'time limit';
  /** Signal that ended QEMU. */
  readonly endedBy: NodeJS.Signals | null;
}

function runQemu(
  options: VirtioRunOptions,
  command: readonly string[],
  qemuArguments: readonly string[],
): Promise<Ending> {
  const { signal, timeLimitMs, onConsole, onStarted } = options;
  const [file = '', ...leading] = command;
  const child = spawn(file, [...leading, ...qemuArguments], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stoppedBy: Ending['stoppedBy'] = 'itself';
  const stop = (by: Ending['stoppedBy']) => () => {
    stoppedBy = by;
    child.kill('SIGKILL');
  };
  const abort = stop('signal');
  signal?.addEventListener('abort', abort, { once: true });
  const timer = timeLimitMs > 0 ? setTimeout(stop('time limit'), timeLimitMs) : undefined;
  if (child.pid !== undefined) onStarted?.(child.pid);
  let tail = Buffer.alloc(0);
  let complaint = '';
  child.stdout.on('data', (bytes: Buffer) => {
    tail = Buffer.concat([tail, bytes]).subarray(-reportBytes);
    onConsole(bytes);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-reportBytes);
  });
  return new Promise<Ending>((resolve, reject) => {
    child.once('error', (error) => {
      reject(new TenderError('QemuFailed', `${file} cannot be started: ${error.message}`));
    });
    child.once('close', (_code, endedBy) => resolve({ report: tail.toString('utf8'), complaint, stoppedBy, endedBy }));
    if (signal?.aborted) abort();
  }).finally(() => {
    signal?.removeEventListener('abort', abort);
    clearTimeout(timer);
  });
}

type Verdict = Pick<Exit, 'code' | 'signal' | 'reason' | 'message'>;

function judge(options: VirtioRunOptions, ending: Ending, status: number | undefined): Verdict {
  const { report, complaint, stoppedBy, endedBy } = ending;
  const killed = { code: 137, signal: 9, reason: 'Killed' } as const;
  if (stoppedBy === 'signal') return { ...killed, message: 'stopped' };
  if (stoppedBy === 'time limit') {
    const message = `stopped: it ran longer than its time limit of ${options.timeLimitMs} ms`;
    return { ...killed, reason: 'DeadlineExceeded', message };
  }
  // QEMU ends by itself on most signals, and says so.
  const [, number] = /terminating on signal (\d+)/.exec(complaint) ?? [];
  const signalName = endedBy ?? (number === undefined ? undefined : `signal ${number}`);
  if (signalName !== undefined) return { ...killed, message: `QEMU was ended by ${signalName} from outside` };
  if (status === undefined) {
    const said = complaint.trim().replaceAll('\n', '; ');
    if (said !== '') throw new TenderError('QemuFailed', `${qemuProgram} ended without running the image: ${said}`);
    return {
      code: 125,
      signal: 0,
      reason: 'Error',
      message: 'the machine was reset before the image said how it ended',
    };
  }
  const { imageName, memoryBytes, symbolsPath } = options;
  return describeExit(
    { waitStatus: status << 8, report, killedFor: 'nothing', timeLimitMs: 0, imageName, memoryLimitBytes: memoryBytes },
    loadSymbols(symbolsPath),
  );
}
