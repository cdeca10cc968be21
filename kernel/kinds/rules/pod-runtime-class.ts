/** What a pod's RuntimeClass asks of it (kubernetes plugin/pkg/admission/runtimeclass): its overhead, nodes, tolerations. */
import { ensureRecord, type JsonRecord, recordAt, recordsAt, semanticallyEqual, stringAt } from '../json.ts';
import type { ObjectLookup } from '../kind.ts';

/** Why the pod is refused; undefined when it is not, and the class's wishes are then in its spec. */
export function admitRuntimeClass(pod: JsonRecord, lookup: ObjectLookup): string | undefined {
  const spec = ensureRecord(pod, 'spec');
  const name = stringAt(spec, 'runtimeClassName');
  const runtimeClass = name === '' ? undefined : lookup('node.k8s.io', 'runtimeclasses', name);
  if (name !== '' && runtimeClass === undefined) return `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`;
  return (
    setOverhead(spec, recordAt(runtimeClass, 'overhead', 'podFixed')) ??
    setScheduling(spec, recordAt(runtimeClass, 'scheduling'))
  );
}

function setOverhead(spec: JsonRecord, fixed: JsonRecord): string | undefined {
  const isAsked = Object.keys(recordAt(spec, 'overhead')).length > 0;
  if (Object.keys(fixed).length === 0) {
    return isAsked ? 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead' : undefined;
  }
  if (isAsked && !semanticallyEqual(spec.overhead, fixed)) {
    return "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";
  }
  spec.overhead = { ...fixed };
  return undefined;
}

function setScheduling(spec: JsonRecord, scheduling: JsonRecord): string | undefined {
  const wanted = Object.entries(recordAt(scheduling, 'nodeSelector'));
  const own = recordAt(spec, 'nodeSelector');
  for (const [key, value] of wanted) {
    if (!Object.hasOwn(own, key) || own[key] === value) continue;
    return `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own[key]}`;
  }
  if (wanted.length > 0) spec.nodeSelector = { ...own, ...Object.fromEntries(wanted) };
  const tolerations = recordsAt(scheduling, 'tolerations');
  if (tolerations.length > 0) spec.tolerations = mergeTolerations([...recordsAt(spec, 'tolerations'), ...tolerations]);
  return undefined;
}

/** Without those that another one covers; of equal ones the first stays (kubernetes pkg/util/tolerations). */
function mergeTolerations(all: readonly JsonRecord[]): readonly JsonRecord[] {
  const merged: JsonRecord[] = [];
  for (const [index, toleration] of all.entries()) {
    const isCovered =
      merged.some((kept) => covers(kept, toleration)) ||
      all.slice(index + 1).some((later) => !semanticallyEqual(later, toleration) && covers(later, toleration));
    if (!isCovered) merged.push(toleration);
  }
  return merged;
}

function covers(wide: JsonRecord, narrow: JsonRecord): boolean {
  if (semanticallyEqual(wide, narrow)) return true;
  // An empty key matches all keys, an empty effect all effects.
  const [key, effect] = [stringAt(wide, 'key'), stringAt(wide, 'effect')];
  if (key !== '' && key !== stringAt(narrow, 'key')) return false;
  if (effect !== '' && effect !== stringAt(narrow, 'effect')) return false;
  if (effect === 'NoExecute' && typeof wide.tolerationSeconds === 'number') {
    const seconds = narrow.tolerationSeconds;
    if (typeof seconds !== 'number' || seconds > wide.tolerationSeconds) return false;
  }
  if (stringAt(wide, 'operator') === 'Exists') return true;
  const isEqual = (operator: string): boolean => operator === '' || operator === 'Equal';
  return (
    isEqual(stringAt(wide, 'operator')) &&
    isEqual(stringAt(narrow, 'operator')) &&
    stringAt(wide, 'value') === stringAt(narrow, 'value')
  );
}
