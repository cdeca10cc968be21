/** The targets an image runs on from the command line, and which options each of them has. */
import type { OptionValues } from '../command.ts';
import { usageError } from '../failure.ts';

export const targets = ['process', 'hvt', 'node', 'virtio'] as const;
export type Target = (typeof targets)[number];

/** Options that not every target has. */
const optionTargets: Readonly<Record<string, readonly Target[]>> = {
  publish: ['process', 'hvt', 'node'],
  idle: ['process', 'hvt', 'node'],
  'per-connection': ['hvt'],
  accelerator: ['virtio'],
  net: ['virtio'],
  block: ['virtio'],
};

export function parseTarget<T extends Target>(text: string, known: readonly T[]): T {
  const target = known.find((one) => one === text);
  if (target !== undefined) return target;
  throw usageError(`there is no target "${text}"`, `Targets are ${known.slice(0, -1).join(', ')} and ${known.at(-1)}.`);
}

/** An option that would do nothing is a mistake of whoever wrote it. */
export function checkOptions(options: OptionValues, target: Target): void {
  for (const [name, having] of Object.entries(optionTargets)) {
    if (!options.has(name) || having.includes(target)) continue;
    throw usageError(`--${name} has no meaning for the target ${target}`, `It is for ${having.join(', ')}.`);
  }
  if (options.has('per-connection') && options.has('idle')) {
    throw usageError(
      '--idle has no meaning with --per-connection: an instance ends with its connection',
      'Leave one of them out.',
    );
  }
}
