/**
 * Pod security: what the labels of a namespace demand of the pods in it (kubernetes pod-security-admission). Pods that
 * break it are refused; workloads that would make such pods are warned about, and so is who tightens a namespace that has
 * some. Nothing is exempt, and a namespace without labels demands nothing.
 */
import { arrayAt, isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../../kinds/json.ts';
import type { Kind } from '../../kinds/kind.ts';
import { resourcePrefix } from '../../store/keys.ts';
import type { Store } from '../../store/store.ts';
import { parseStored } from '../../verbs/stored.ts';
import { forbidden, invalid } from '../../wire/status.ts';
import type { Violation } from './check.ts';
import { violations } from './checks.ts';
import { type Demands, labelPrefix, readDemands, strictness, tellDemand } from './levels.ts';

export interface SecuredWrite {
  readonly kind: Kind;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: JsonRecord;
  readonly previous: JsonRecord | undefined;
}

type Warn = (text: string) => void;

/** Where the template of a pod stands; empty: the object is the pod. */
const templates: Readonly<Record<string, readonly string[]>> = {
  '/pods': [],
  '/podtemplates': ['template'],
  '/replicationcontrollers': ['spec', 'template'],
  'apps/deployments': ['spec', 'template'],
  'apps/replicasets': ['spec', 'template'],
  'apps/statefulsets': ['spec', 'template'],
  'apps/daemonsets': ['spec', 'template'],
  'batch/jobs': ['spec', 'template'],
  'batch/cronjobs': ['spec', 'jobTemplate', 'spec', 'template'],
};

/** Subresources that write containers. */
const judgedParts: ReadonlySet<string> = new Set(['', 'ephemeralcontainers', 'resize']);

/** Throws the 403 of a pod, the 422 of a namespace. */
export function requireSecure(store: Store, write: SecuredWrite, warn: Warn): void {
  const { kind, subresource } = write;
  const path = Object.hasOwn(templates, `${kind.group}/${kind.resource}`)
    ? templates[`${kind.group}/${kind.resource}`]
    : undefined;
  if (path !== undefined) {
    if (path.length === 0 ? judgedParts.has(subresource) : subresource === '') judgePods(store, write, path, warn);
  } else if (kind.group === '' && kind.resource === 'namespaces' && subresource === '')
    judgeNamespace(store, write, warn);
}

function judgePods(store: Store, write: SecuredWrite, path: readonly string[], warn: Warn): void {
  const stored = store.get(resourcePrefix('', 'namespaces') + write.namespace)?.value;
  if (stored === undefined || !stored.includes(labelPrefix)) return;
  const { object, previous } = write;
  const isPod = path.length === 0;
  if (isPod && previous !== undefined && !changesContainers(object, previous)) return;
  const demands = readDemands(recordAt(parseStored(stored), 'metadata', 'labels'));
  const template = recordAt(object, ...path);
  if (!isRecord(template.spec)) return;
  if (isPod) {
    const found = judge(template, demands, 'enforce');
    const told = `violates PodSecurity "${tellDemand(demands.enforce)}": ${tellAll(found)}`;
    if (found.length > 0) throw forbidden(write.kind, write.name, told);
  }
  const found = judge(template, demands, 'warn');
  if (found.length > 0) warn(`would violate PodSecurity "${tellDemand(demands.warn)}": ${tellAll(found)}`);
}

function judge(pod: JsonRecord, demands: Demands, mode: 'enforce' | 'warn'): readonly Violation[] {
  return violations(demands[mode], {
    annotations: recordAt(pod, 'metadata', 'annotations'),
    spec: recordAt(pod, 'spec'),
  });
}

const tellAll = (found: readonly Violation[]): string =>
  found.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');

/** Of what an update may change, only images and new containers matter. */
function changesContainers(object: JsonRecord, previous: JsonRecord): boolean {
  const images = (pod: JsonRecord, list: string): string =>
    JSON.stringify(recordsAt(pod, 'spec', list).map((container) => stringAt(container, 'image')));
  if (['containers', 'initContainers'].some((list) => images(object, list) !== images(previous, list))) return true;
  const before = new Map(
    recordsAt(previous, 'spec', 'ephemeralContainers').map((one) => [stringAt(one, 'name'), stringAt(one, 'image')]),
  );
  return recordsAt(object, 'spec', 'ephemeralContainers').some(
    (one) => before.get(stringAt(one, 'name')) !== stringAt(one, 'image'),
  );
}

const labelsOf = (object: JsonRecord | undefined): JsonRecord => recordAt(object, 'metadata', 'labels');

function judgeNamespace(store: Store, { kind, name, object, previous }: SecuredWrite, warn: Warn): void {
  const isLabelled = (labels: JsonRecord): boolean => Object.keys(labels).some((key) => key.startsWith(labelPrefix));
  if (!isLabelled(labelsOf(object))) return;
  const after = readDemands(labelsOf(object));
  const before = readDemands(labelsOf(previous));
  // What was wrong before may stay.
  const isOld = previous !== undefined && JSON.stringify(after.errors) === JSON.stringify(before.errors);
  if (after.errors.length > 0 && !isOld) throw invalid(kind, name, after.errors);
  if (previous === undefined) return;
  const isSameVersion = after.enforce.version === before.enforce.version;
  if (isSameVersion && strictness(after.enforce.level) <= strictness(before.enforce.level)) return;
  for (const text of warningsOfPods(store, name, after)) warn(text);
}

const mostPods = 3000;

interface PodsAlike {
  readonly first: string;
  readonly count: number;
}

/** Which of the pods that are there could not be made any more. */
function warningsOfPods(store: Store, namespace: string, demands: Demands): readonly string[] {
  const all = store.list(resourcePrefix('', 'pods', namespace)).items;
  const byReason = new Map<string, PodsAlike>();
  const pods = inOrderOfOwners(all.map(({ value }) => parseStored(value)));
  for (const pod of pods.slice(0, mostPods)) {
    const found = judge(pod, demands, 'enforce');
    if (found.length === 0) continue;
    const reason = found.map((one) => one.reason).join(', ');
    const name = stringAt(pod, 'metadata', 'name');
    const { first, count } = byReason.get(reason) ?? { first: name, count: 0 };
    const [lowest = name] = [first, name].sort();
    byReason.set(reason, { first: lowest, count: count + 1 });
  }
  const others = (count: number): string =>
    count === 1 ? '' : count === 2 ? ' (and 1 other pod)' : ` (and ${count - 1} other pods)`;
  const told = [...byReason].map(([reason, { first, count }]) => `${first}${others(count)}: ${reason}`).sort();
  const level = tellDemand(demands.enforce);
  return [
    ...(all.length > mostPods
      ? [`new PodSecurity enforce level only checked against the first ${mostPods} of ${all.length} existing pods`]
      : []),
    ...(told.length === 0
      ? []
      : [
          `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level "${level}"`,
        ]),
    ...told,
  ];
}

/** One pod of each controller first: where not all can be judged, the others are like it. */
function inOrderOfOwners(pods: readonly JsonRecord[]): readonly JsonRecord[] {
  const seen = new Set<unknown>();
  const isFirst = (pod: JsonRecord): boolean => {
    const owner = arrayAt(pod, 'metadata', 'ownerReferences').find((one) => isRecord(one) && one.controller === true);
    const uid = stringAt(owner, 'uid');
    if (uid === '' || !seen.has(uid)) {
      seen.add(uid);
      return true;
    }
    return false;
  };
  const first = new Set(pods.filter(isFirst));
  return [...first, ...pods.filter((pod) => !first.has(pod))];
}
