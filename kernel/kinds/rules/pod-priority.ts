/** A pod's priority is that of its class (kubernetes plugin/pkg/admission/priority). */
import { ensureRecord, type JsonRecord, numberAt, stringAt } from '../json.ts';
import type { ObjectList, ObjectLookup } from '../kind.ts';

/** These exist in every cluster, whether anybody wrote them down or not. */
export const systemPriorities: ReadonlyMap<string, number> = new Map([
  ['system-cluster-critical', 2_000_000_000],
  ['system-node-critical', 2_000_001_000],
]);

/** Puts the number in; says why a pod with an unknown class, or with a number of its own, is forbidden. */
export function admitPriority(pod: JsonRecord, lookup: ObjectLookup, list: ObjectList): string | undefined {
  const spec = ensureRecord(pod, 'spec');
  const asked = stringAt(spec, 'priorityClassName');
  const found = asked === '' ? defaultClass(list) : lookup('scheduling.k8s.io', 'priorityclasses', asked);
  const name = asked || stringAt(found, 'metadata', 'name');
  if (name !== '') spec.priorityClassName = name;
  const value = name === '' ? 0 : (numberAt(found, 'value') ?? systemPriorities.get(name));
  if (value === undefined) return `no PriorityClass with name ${name} was found`;
  const given = numberAt(spec, 'priority') ?? 0;
  if (given !== 0 && given !== value)
    return `the integer value of priority (${given}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`;
  spec.priority = value;
  const policy = stringAt(found, 'preemptionPolicy');
  if (policy !== '') spec.preemptionPolicy = policy;
  return undefined;
}

/** Of several defaults the one that gives least. */
function defaultClass(list: ObjectList): JsonRecord | undefined {
  const value = (each: JsonRecord): number => numberAt(each, 'value') ?? 0;
  return list('scheduling.k8s.io', 'priorityclasses', '')
    .filter(({ globalDefault }) => globalDefault === true)
    .sort((a, b) => value(a) - value(b))[0];
}
