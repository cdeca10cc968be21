/** Hostile guests of the hvt target: where KVM runs them, a tender they run in, and images made by hand. */

import type { Exit, SlotSpec } from '@diatom/tender';
import { probeHvt } from '@diatom/tender/process/probe.ts';
import { buildImage, type ImageParts } from '../hostile/image.ts';
import { bytes, load, program } from '../hostile/machine-code.ts';
import { nativeTenderPath, type TestTender } from '../hostile/native-tender.ts';

/** Why tests with guests are skipped here; false where KVM works. */
export const hvtIsMissing: string | false = (await probeHvt(await nativeTenderPath())) ?? false;

/** Longer than any guest here needs: one that is still there then has hung. */
const timeLimitMs = 20_000;

export const hvtImage = (text: Uint8Array, parts: Partial<ImageParts> = {}): Buffer =>
  buildImage({ ...parts, text, target: 'hvt' });

export type SlotChanges = Partial<SlotSpec>;

export const runGuest = (subject: TestTender, id: string, elf: Uint8Array, more: SlotChanges = {}): Promise<Exit> =>
  subject.runToEnd(id, elf, { target: 'hvt', timeLimitMs, ...more });

/** Runs `task` for each item, a few at a time: what has two processors is not helped by more. */
export const forEachOf = async <Item>(items: readonly Item[], task: (item: Item) => Promise<void>): Promise<void> => {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (const item of rest) await task(item);
    }),
  );
};

/** Hypercalls (docs/hvt.md). */
export const ports = {
  wait: 0x10,
  flush: 0x11,
  grow: 0x12,
  exit: 0x13,
  entropy: 0x14,
  receive: 0x15,
  connect: 0x16,
} as const;

/** out PORT, eax */
export const hypercall = (port: number): Uint8Array => bytes(0xe7, port);
/** mov eax, status; out exit, eax */
export const hvtExit = (status: number): Uint8Array => program(load('rax', status), hypercall(ports.exit));
export const hvtSurvivedStatus = 77;
/** A guest that gets this far after an attack has lived through it. */
export const hvtSurvive: Uint8Array = hvtExit(hvtSurvivedStatus);

/** mov rax, address; mov dword [rax], value */
export const storeWord = (address: number | bigint, value: number): Uint8Array => {
  const word = Buffer.alloc(4);
  word.writeUInt32LE(value >>> 0);
  return program(load('rax', address), bytes(0xc7, 0x00), word);
};

/** The shared region (docs/hvt.md). */
const sharedRegion = 0x4000_0000;
export const control = {
  start: sharedRegion,
  deadline: sharedRegion,
  commandHead: sharedRegion + 0x08,
  eventTail: sharedRegion + 0x14,
  consoleHead: sharedRegion + 0x18,
  consoleTail: sharedRegion + 0x1c,
  receiveHandle: sharedRegion + 0x28,
  receiveLength: sharedRegion + 0x2c,
  growMemory: sharedRegion + 0x30,
  growBytes: sharedRegion + 0x38,
  clock: sharedRegion + 0x50,
  connectHandle: sharedRegion + 0x68,
  connectLength: sharedRegion + 0x6c,
  commandRing: sharedRegion + 0x1000,
  bytes: 0x40_0000,
} as const;

export type Command = readonly [kind: number, handle?: number, buffer?: number, length?: number];

/** The commands in the ring from its start, and its head behind them. */
export const writeCommands = (...commands: readonly Command[]): Uint8Array =>
  program(
    ...commands.flatMap((command, index) =>
      [0, 1, 2, 3].map((word) => storeWord(control.commandRing + index * 16 + word * 4, command[word] ?? 0)),
    ),
    storeWord(control.commandHead, commands.length),
  );
