/** What checks of pods share: how containers are found and how what is wrong with them is told. */
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../../kinds/json.ts';

export interface JudgedPod {
  readonly annotations: JsonRecord;
  readonly spec: JsonRecord;
}

export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

/** Undefined: nothing is wrong. */
export type Judge = (pod: JudgedPod) => Violation | undefined;

/** In the order in which upstream tells them. */
export const containersOf = ({ spec }: JudgedPod): readonly JsonRecord[] =>
  ['initContainers', 'containers', 'ephemeralContainers'].flatMap((key) => recordsAt(spec, key));

export const securityOf = (owner: JsonRecord): JsonRecord => recordAt(owner, 'securityContext');

export const quoteAll = (texts: readonly string[]): string => texts.map((text) => `"${text}"`).join(', ');

export const plural = (word: string, count: number, many = `${word}s`): string => (count === 1 ? word : many);

/** `container "a"`, `containers "a", "b"` */
export const tellContainers = (names: readonly string[]): string =>
  `${plural('container', names.length)} ${quoteAll(names)}`;

export const namesOf = (containers: readonly JsonRecord[]): readonly string[] =>
  containers.map((container) => stringAt(container, 'name'));

/** Each once, in order. */
export const sorted = (texts: Iterable<string>): readonly string[] => [...new Set(texts)].sort();

/** Containers that are bad, by their names. */
export const badContainers = (pod: JudgedPod, isBad: (container: JsonRecord) => boolean): readonly string[] =>
  namesOf(containersOf(pod).filter(isBad));

/** Who says it: `pod and containers "a", "b"`; empty when nobody does. */
export function tellSetters(pod: JudgedPod, isBad: (security: JsonRecord) => boolean): string {
  const containers = badContainers(pod, (container) => isBad(securityOf(container)));
  const setters = isBad(securityOf(pod.spec)) ? ['pod'] : [];
  return [...setters, ...(containers.length === 0 ? [] : [tellContainers(containers)])].join(' and ');
}

/** The security contexts of a pod and of its containers. */
export const allSecurity = (pod: JudgedPod): readonly JsonRecord[] => [
  securityOf(pod.spec),
  ...containersOf(pod).map(securityOf),
];

export const isWindows = ({ spec }: JudgedPod): boolean => stringAt(spec, 'os', 'name') === 'windows';

/** In a user namespace of its own the user 0 is nobody on the machine (KEP-127). */
export const hasOwnUsers = ({ spec }: JudgedPod): boolean => spec.hostUsers === false;

export const unless =
  (isFree: (pod: JudgedPod) => boolean, judge: Judge): Judge =>
  (pod) =>
    isFree(pod) ? undefined : judge(pod);

export const typeOf = (security: JsonRecord, profile: string): string | undefined => {
  const value = security[profile];
  return isRecord(value) ? stringAt(value, 'type') : undefined;
};
