import type { Condition } from '../api/meta.ts';
import { formatTime } from '../clock/clock.ts';

/**
 * The conditions with `next` in place of the one of its type. lastTransitionTime moves only when the status changes
 * (Kubernetes API conventions, "Typical status properties"). Returns the same array when nothing would change.
 */
export function setCondition<C extends Condition>(conditions: readonly C[] | undefined, next: C, nowMs: number): C[] {
  const present = conditions ?? [];
  const old = present.find((condition) => condition.type === next.type);
  if (old === undefined)
    return [...present, { ...next, lastTransitionTime: next.lastTransitionTime ?? formatTime(nowMs) }];
  const lastTransitionTime =
    old.status === next.status && old.lastTransitionTime !== undefined ? old.lastTransitionTime : formatTime(nowMs);
  const merged: C = { ...next, lastTransitionTime };
  if (isSame(old, merged)) return present as C[];
  return present.map((condition) => (condition === old ? merged : condition));
}

export function removeCondition<C extends Condition>(conditions: readonly C[] | undefined, type: string): C[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}

export function findCondition<C extends Condition>(conditions: readonly C[] | undefined, type: string): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

function isSame(a: Condition, b: Condition): boolean {
  return (
    a.status === b.status &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.observedGeneration === b.observedGeneration
  );
}
