/** A virtio image in QEMU in the foreground: until the machine ends or Ctrl-C. */
import { stat } from 'node:fs/promises';
import { type Manifest, symbolsRoles } from '@diatom/libos/manifest';
import type { ImageStore, StoredImage, VirtioRunOptions } from '@diatom/tender';
import type { OptionValues } from '../command.ts';
import { CommandError, exitStatus, usageError } from '../failure.ts';
import { parseBytes, parseDurationMs } from '../terminal/units.ts';
import type { Report } from './report.ts';
import { parseEnvironment } from './slot.ts';

const accelerators = ['auto', 'kvm', 'tcg'] as const;

/** Room beyond what an image declares: its text and data, page tables, the rings of its devices. */
const overheadBytes = 16 * 2 ** 20;

/** What of `VirtioRunOptions` the words of the command say. */
type Machine = Pick<
  VirtioRunOptions,
  'memoryBytes' | 'accelerator' | 'network' | 'block' | 'environment' | 'idleTimeoutMs' | 'timeLimitMs'
>;

export function parseMachine(options: OptionValues, { memory }: Pick<Manifest, 'memory'>): Machine {
  const asked = options.text('memory');
  const limit = options.text('time-limit');
  const net = options.text('net');
  const block = options.text('block');
  return {
    memoryBytes:
      asked === undefined ? memory.maximumBytes + memory.stackBytes + overheadBytes : parseBytes('--memory', asked),
    accelerator: parseAccelerator(options.text('accelerator') ?? 'auto'),
    environment: parseEnvironment(options.all('env')),
    idleTimeoutMs: 0,
    timeLimitMs: limit === undefined ? 0 : parseDurationMs('--time-limit', limit),
    ...(net === undefined ? {} : { network: { backend: net } }),
    ...(block === undefined ? {} : { block: parseBlock(block) }),
  };
}

function parseAccelerator(text: string): VirtioRunOptions['accelerator'] {
  const known = accelerators.find((one) => one === text);
  if (known === undefined) {
    throw usageError(`--accelerator: there is no "${text}"`, `Write ${accelerators.join(', ')}.`);
  }
  return known;
}

function parseBlock(text: string): NonNullable<VirtioRunOptions['block']> {
  const isReadOnly = text.endsWith(':ro');
  return { path: isReadOnly ? text.slice(0, -':ro'.length) : text, isReadOnly };
}

/** The exit status of the image; success when the signal ended it. */
export async function runMachine(
  image: StoredImage,
  imagePath: string,
  store: ImageStore,
  options: OptionValues,
  report: Report,
  signal: AbortSignal,
): Promise<number> {
  const machine = parseMachine(options, image.manifest);
  if (machine.block !== undefined) await requireFile(machine.block.path);
  const symbols = image.manifest.layers.find(({ role }) => role === symbolsRoles.virtio);
  const lines = lineBuffer((text) => report.console(text));
  const { runVirtio } = await import('@diatom/tender');
  const exit = await runVirtio({
    ...machine,
    imageName: image.reference,
    imagePath,
    ...(symbols === undefined ? {} : { symbolsPath: store.blobPath(symbols.digest) }),
    onConsole: lines.add,
    onStarted: (pid) => report.state({ kind: 'running', bootCount: 1, pid, startedAt: new Date().toISOString() }),
    signal,
  });
  lines.end();
  if (signal.aborted) return exitStatus.success;
  report.state({ kind: 'ended', bootCount: 1, exit });
  return exit.code;
}

async function requireFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new CommandError(`--block: there is no file ${path}`);
}

/** Bytes as they come → text in whole lines. */
export function lineBuffer(onText: (text: string) => void) {
  const decoder = new TextDecoder();
  let pending = '';
  const hand = (text: string): void => {
    const all = pending + text;
    const end = all.lastIndexOf('\n') + 1;
    pending = all.slice(end);
    if (end > 0) onText(all.slice(0, end));
  };
  return {
    add: (bytes: Uint8Array): void => hand(decoder.decode(bytes, { stream: true })),
    /** Hands on a last line without its end. */
    end: (): void => {
      hand(decoder.decode());
      if (pending !== '') onText(`${pending}\n`);
    },
  };
}
