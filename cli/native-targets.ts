/** Words of `--target` where code is made or shown: the targets an image has executables for. */
import { type NativeTarget, nativeTargets } from '@diatom/libos/manifest';
import { usageError } from './failure.ts';
import { nearest } from './nearest.ts';

const known = `Targets are ${nativeTargets.slice(0, -1).join(', ')} and ${nativeTargets.at(-1)}.`;

export function parseNativeTarget(text: string): NativeTarget {
  const target = nativeTargets.find((candidate) => candidate === text);
  if (target !== undefined) return target;
  if (text === 'node') {
    throw usageError('every image runs under the node target; it has no executable of its own', known);
  }
  const meant = nearest(text, nativeTargets);
  throw usageError(`there is no target "${text}"`, meant === undefined ? known : `Did you mean ${meant}?`);
}

/** `process,hvt` */
export function parseNativeTargets(text: string): readonly NativeTarget[] {
  const targets = text.split(',').map(parseNativeTarget);
  const twice = targets.find((target, index) => targets.indexOf(target) < index);
  if (twice !== undefined) throw usageError(`--target: ${twice} is named twice`, 'Name each target once.');
  return targets;
}
