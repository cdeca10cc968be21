/** Machines for tests of the virtio target: which accelerators work here, images, and one run to its end. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { build } from '@diatom/seal';
import { type Exit, runVirtio, type VirtioRunOptions } from '@diatom/tender';
import { bytes, load, program } from '../hostile/machine-code.ts';
import { machineImage } from './machine-image.ts';

export type Accelerator = 'tcg' | 'kvm';

export const mebibyte = 1_048_576;
const timeLimitMs = 20_000;

export interface Run {
  readonly exit: Exit;
  readonly console: string;
  readonly lines: readonly string[];
}

export type RunOptions = Partial<VirtioRunOptions> & { readonly stackBytes?: number };

export interface VirtioImage {
  readonly path: string;
  readonly symbolsPath: string;
}

/** Runs a file to its end. */
export async function runMachine(path: string, accelerator: Accelerator, options: RunOptions = {}): Promise<Run> {
  const chunks: Uint8Array[] = [];
  const exit = await runVirtio({
    ...{ imageName: 'test', imagePath: path, memoryBytes: 32 * mebibyte, accelerator },
    ...{ environment: {}, idleTimeoutMs: 0, timeLimitMs },
    ...options,
    onConsole: (chunk) => {
      chunks.push(chunk);
      options.onConsole?.(chunk);
    },
  });
  const console = Buffer.concat(chunks).toString('utf8');
  return { exit, console, lines: console.split('\n').filter((line) => line !== '') };
}

/** Machine code run to its end. */
export async function runCode(code: Uint8Array, accelerator: Accelerator, options: RunOptions = {}): Promise<Run> {
  const directory = await mkdtemp(join(tmpdir(), 'diatom-virtio-test-'));
  try {
    const path = join(directory, 'image');
    await writeFile(
      path,
      machineImage(code, options.stackBytes === undefined ? {} : { stackBytes: options.stackBytes }),
    );
    return await runMachine(path, accelerator, options);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** QEMU with other arguments: each first word of a pair becomes the second wherever it stands. */
export async function changedQemu(directory: string, ...changes: readonly string[]): Promise<string> {
  const path = join(directory, 'qemu');
  const lines = ['#!/bin/bash'];
  for (let at = 0; at < changes.length; at += 2) lines.push(`set -- "\${@/${changes[at]}/${changes[at + 1]}}"`);
  await writeFile(path, [...lines, 'exec qemu-system-x86_64 "$@"', ''].join('\n'), { mode: 0o755 });
  return path;
}

export async function temporaryDirectory(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'diatom-virtio-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Built for this target alone; the caller's directory keeps the files. */
export async function buildVirtio(file: string, directory: string): Promise<VirtioImage> {
  const { layers } = await build({ file, targets: ['virtio'] });
  const { virtio, 'virtio-symbols': symbols } = layers;
  if (virtio === undefined || symbols === undefined) throw new Error(`${file} has no virtio layer`);
  const path = join(directory, basename(file, '.ts'));
  const symbolsPath = `${path}.symbols`;
  await Promise.all([writeFile(path, virtio), writeFile(symbolsPath, symbols)]);
  return { path, symbolsPath };
}

/** `ud2` with the code of a service call (docs/virtio.md). */
export const service = (number: number, first: number | bigint = 0, second: number | bigint = 0): Uint8Array =>
  program(load('rdi', first), load('rsi', second), load('rax', number), bytes(0x0f, 0x0b, 0x80));

export const end = (status: number): Uint8Array => service(2, status);

const aliveStatus = 42;

async function whyNotHere(): Promise<Readonly<Record<Accelerator, string | false>>> {
  if (spawnSync('qemu-system-x86_64', ['--version']).status !== 0) {
    const why = 'there is no qemu-system-x86_64 (Debian: apt install qemu-system-x86)';
    return { tcg: why, kvm: why };
  }
  const probe = await runCode(end(aliveStatus), 'kvm', { timeLimitMs: 5_000 }).catch((error: Error) => error);
  if (probe instanceof Error) return { tcg: false, kvm: `KVM does not work here: ${probe.message.slice(0, 200)}` };
  return { tcg: false, kvm: probe.exit.code === aliveStatus ? false : `KVM runs no guest here: ${probe.exit.message}` };
}

/** Why an accelerator cannot be tested here; false when it can. */
export const skipReasons = await whyNotHere();
export const accelerators: readonly Accelerator[] = ['tcg', 'kvm'];
