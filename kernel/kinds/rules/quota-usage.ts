/**
 * What an object counts against quotas (kubernetes pkg/quota/v1/evaluator/core): one of its kind, and of some kinds more.
 * A name that a quota limits belongs to one kind, so that the kinds to be counted can be told from the quota alone.
 */
import { isRecord, type JsonRecord, numberAt, recordAt, recordsAt, stringAt } from '../json.ts';
import { addQuantities, compareQuantities } from '../quantity.ts';
import { qosClass } from './pod-defaults.ts';

export type Amounts = Readonly<Record<string, string>>;

export interface CountedKind {
  readonly group: string;
  readonly resource: string;
}

/** Kinds that are counted under their own name, beside `count/NAME`. */
const plainNames = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
]);

const podNames = /^(((requests|limits)\.)?(cpu|memory|ephemeral-storage)|(requests\.)?hugepages-.+|requests\..+\/.+)$/;
const claimNames = /^requests\.storage$|\.storageclass\.storage\.k8s\.io\/(requests\.storage|persistentvolumeclaims)$/;

/** Undefined for a name that nothing counts. */
export function countedBy(name: string): CountedKind | undefined {
  if (name.startsWith('count/')) {
    const [resource = '', ...group] = name.slice('count/'.length).split('.');
    return { group: group.join('.'), resource };
  }
  if (plainNames.has(name)) return { group: '', resource: name };
  if (name === 'services.nodeports' || name === 'services.loadbalancers') return { group: '', resource: 'services' };
  if (claimNames.test(name)) return { group: '', resource: 'persistentvolumeclaims' };
  return podNames.test(name) ? { group: '', resource: 'pods' } : undefined;
}

const countName = ({ group, resource }: CountedKind): string => `count/${resource}${group === '' ? '' : `.${group}`}`;

export function usageOf(kind: CountedKind, object: JsonRecord, nowMs: number): Amounts {
  const one = { [countName(kind)]: '1' };
  if (kind.group !== '' || !plainNames.has(kind.resource)) return one;
  if (kind.resource === 'pods') return isEnded(object, nowMs) ? one : { ...one, pods: '1', ...podUsage(object) };
  const named = { ...one, [kind.resource]: '1' };
  if (kind.resource === 'services') return { ...named, ...serviceUsage(object) };
  if (kind.resource === 'persistentvolumeclaims') return { ...named, ...claimUsage(object) };
  return named;
}

/** Whether an update can use more than before, or something else: of most objects only their number counts. */
export function growsByUpdate({ group, resource }: CountedKind, object: JsonRecord, previous: JsonRecord): boolean {
  if (group !== '') return false;
  if (resource === 'pods') return isTerminating(object) !== isTerminating(previous);
  return resource === 'services' || resource === 'persistentvolumeclaims';
}

const isTerminating = (pod: JsonRecord): boolean => (numberAt(pod, 'spec', 'activeDeadlineSeconds') ?? -1) >= 0;

/** Of a pod that has ended, or should have long ago, only the object is left. */
function isEnded(pod: JsonRecord, nowMs: number): boolean {
  const phase = stringAt(pod, 'status', 'phase');
  if (phase === 'Failed' || phase === 'Succeeded') return true;
  const deleted = stringAt(pod, 'metadata', 'deletionTimestamp');
  const graceSeconds = numberAt(pod, 'metadata', 'deletionGracePeriodSeconds');
  return deleted !== '' && graceSeconds !== undefined && nowMs > Date.parse(deleted) + graceSeconds * 1000;
}

// ---- pods ----------------------------------------------------------------------------------------------------------

type Side = 'requests' | 'limits';

/** The pod's requests or limits: its containers together, or what start-up needs at most, and the overhead. */
export function podResources(pod: JsonRecord, side: Side): Amounts {
  const spec = recordAt(pod, 'spec');
  let running: Amounts = {};
  let most: Amounts = {};
  for (const container of recordsAt(spec, 'containers')) running = add(running, sideOf(container, side));
  let sidecars: Amounts = {};
  for (const container of recordsAt(spec, 'initContainers')) {
    const own = sideOf(container, side);
    if (stringAt(container, 'restartPolicy') === 'Always') {
      running = add(running, own);
      sidecars = add(sidecars, own);
      most = largest(most, sidecars);
    } else most = largest(most, add(sidecars, own));
  }
  // Resources of the pod as a whole stand for those of its containers (KEP-2837).
  const total = { ...largest(running, most), ...sideOf(spec, side) };
  const overhead = texts(recordAt(spec, 'overhead'));
  if (side === 'requests') return add(total, overhead);
  return add(total, Object.fromEntries(Object.entries(overhead).filter(([name]) => total[name] !== undefined)));
}

const sideOf = (holder: JsonRecord, side: Side): Amounts => texts(recordAt(holder, 'resources', side));

const texts = (amounts: JsonRecord): Amounts =>
  Object.fromEntries(Object.entries(amounts).map(([name, value]) => [name, String(value)]));

function podUsage(pod: JsonRecord): Amounts {
  return computeUsage(podResources(pod, 'requests'), podResources(pod, 'limits'));
}

function computeUsage(requests: Amounts, limits: Amounts): Amounts {
  const usage: Record<string, string> = {};
  for (const [name, value] of Object.entries(requests)) {
    if (!name.includes('/')) usage[name] = value;
    usage[`requests.${name}`] = value;
  }
  for (const [name, value] of Object.entries(limits)) if (podNames.test(name)) usage[`limits.${name}`] = value;
  return usage;
}

const mustBeNamed = /^((requests|limits)\.)?(cpu|memory)$/;

/** What a quota on these names asks of each container of a new pod; undefined when it is all there. */
export function missingFromPod(pod: JsonRecord, names: readonly string[]): string | undefined {
  const missing = new Map<string, string[]>();
  for (const key of ['containers', 'initContainers'])
    for (const container of recordsAt(pod, 'spec', key)) {
      const own = computeUsage(sideOf(container, 'requests'), sideOf(container, 'limits'));
      for (const name of names) {
        if (!mustBeNamed.test(name) || own[name] !== undefined) continue;
        missing.set(name, [...(missing.get(name) ?? []), stringAt(container, 'name')]);
      }
    }
  if (missing.size === 0) return undefined;
  const parts = [...missing].sort(([a], [b]) => (a < b ? -1 : 1));
  return `must specify ${parts.map(([name, containers]) => `${name} for: ${[...new Set(containers)].sort().join(',')}`).join('; ')}`;
}

// ---- services and claims ---------------------------------------------------------------------------------------------

function serviceUsage(service: JsonRecord): Amounts {
  const spec = recordAt(service, 'spec');
  const ports = recordsAt(spec, 'ports');
  if (spec.type === 'NodePort') return { 'services.nodeports': String(ports.length) };
  if (spec.type !== 'LoadBalancer') return {};
  const hasNodePorts = spec.allocateLoadBalancerNodePorts !== false;
  const nodePorts = hasNodePorts
    ? ports.length
    : ports.filter((port) => (numberAt(port, 'nodePort') ?? 0) !== 0).length;
  return { 'services.nodeports': String(nodePorts), 'services.loadbalancers': '1' };
}

function claimUsage(claim: JsonRecord): Amounts {
  const asked = recordAt(claim, 'spec', 'resources', 'requests').storage;
  const className =
    stringAt(claim, 'metadata', 'annotations', 'volume.beta.kubernetes.io/storage-class') ||
    stringAt(claim, 'spec', 'storageClassName');
  const storage = asked === undefined ? {} : { 'requests.storage': String(asked) };
  if (className === '') return storage;
  const ofClass = `${className}.storageclass.storage.k8s.io`;
  return {
    ...storage,
    [`${ofClass}/persistentvolumeclaims`]: '1',
    ...(asked === undefined ? {} : { [`${ofClass}/requests.storage`]: String(asked) }),
  };
}

// ---- scopes --------------------------------------------------------------------------------------------------------

/** Whether a quota with these scopes counts the object; scopes are of pods, and one of claims. */
export function isInScope(quota: JsonRecord, kind: CountedKind, object: JsonRecord): boolean {
  const spec = recordAt(quota, 'spec');
  const named = Array.isArray(spec.scopes)
    ? spec.scopes.map((scope) => ({ scopeName: scope, operator: 'Exists' }))
    : [];
  const selectors: readonly JsonRecord[] = [...named, ...recordsAt(spec, 'scopeSelector', 'matchExpressions')];
  if (selectors.length === 0) return true;
  if (kind.group !== '') return false;
  if (kind.resource === 'pods') return selectors.every((selector) => isPodInScope(object, selector));
  return kind.resource === 'persistentvolumeclaims' && selectors.every((selector) => isClaimInScope(object, selector));
}

/** A claim has the attributes it asks for, those it has, and those it is on the way to. */
function isClaimInScope(claim: JsonRecord, selector: JsonRecord): boolean {
  if (selector.scopeName !== 'VolumeAttributesClass') return false;
  const names = [
    stringAt(claim, 'spec', 'volumeAttributesClassName'),
    stringAt(claim, 'status', 'currentVolumeAttributesClassName'),
    stringAt(claim, 'status', 'modifyVolumeStatus', 'targetVolumeAttributesClassName'),
  ].filter((name) => name !== '');
  return (names.length === 0 ? [''] : names).some((name) => selectsName(name, selector));
}

function isPodInScope(pod: JsonRecord, selector: JsonRecord): boolean {
  const spec = recordAt(pod, 'spec');
  switch (selector.scopeName) {
    case 'Terminating':
      return isTerminating(pod);
    case 'NotTerminating':
      return !isTerminating(pod);
    case 'BestEffort':
      return qosClass(spec) === 'BestEffort';
    case 'NotBestEffort':
      return qosClass(spec) !== 'BestEffort';
    case 'PriorityClass':
      return selectsName(stringAt(spec, 'priorityClassName'), selector);
    case 'CrossNamespacePodAffinity':
      return looksElsewhere(recordAt(spec, 'affinity'));
    default:
      return false;
  }
}

/** Of a class; empty: it has none. */
function selectsName(name: string, selector: JsonRecord): boolean {
  const values = Array.isArray(selector.values) ? selector.values : [];
  switch (selector.operator) {
    case 'Exists':
      return name !== '';
    case 'DoesNotExist':
      return name === '';
    case 'In':
      return name !== '' && values.includes(name);
    default:
      return !values.includes(name);
  }
}

function looksElsewhere(affinity: JsonRecord): boolean {
  const isElsewhere = (term: JsonRecord): boolean =>
    (Array.isArray(term.namespaces) && term.namespaces.length > 0) || isRecord(term.namespaceSelector);
  return ['podAffinity', 'podAntiAffinity'].some((key) => {
    const terms = recordAt(affinity, key);
    return (
      recordsAt(terms, 'requiredDuringSchedulingIgnoredDuringExecution').some(isElsewhere) ||
      recordsAt(terms, 'preferredDuringSchedulingIgnoredDuringExecution').some((term) =>
        isElsewhere(recordAt(term, 'podAffinityTerm')),
      )
    );
  });
}

// ---- amounts -------------------------------------------------------------------------------------------------------

export function add(a: Amounts, b: Amounts): Amounts {
  const sum: Record<string, string> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const known = sum[name];
    sum[name] = known === undefined ? value : addQuantities(known, value);
  }
  return sum;
}

function largest(a: Amounts, b: Amounts): Amounts {
  const most: Record<string, string> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const known = most[name];
    if (known === undefined || compareQuantities(value, known) > 0) most[name] = value;
  }
  return most;
}

/** What `a` is more than `b`; never less than nothing. */
export function growth(a: Amounts, b: Amounts): Amounts {
  const grown = Object.entries(a).flatMap(([name, value]) => {
    const before = b[name] ?? '0';
    if (compareQuantities(value, before) <= 0) return [];
    return [[name, addQuantities(value, before.startsWith('-') ? before.slice(1) : `-${before}`)] as const];
  });
  return Object.fromEntries(grown);
}
