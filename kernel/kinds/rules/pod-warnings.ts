/** What of a pod is accepted and will not do what it seems to say (kubernetes pkg/api/pod/warnings.go). */
import { isRecord, type JsonRecord, numberAt, recordAt, recordsAt, stringAt } from '../json.ts';
import { parseQuantity } from '../quantity.ts';

const nodeLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods': 'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
};

const criticalPod = 'scheduler.alpha.kubernetes.io/critical-pod';
const seccompOfPod = 'seccomp.security.alpha.kubernetes.io/pod';
const seccompOfContainer = 'container.seccomp.security.alpha.kubernetes.io/';
const useSeccompProfile = 'non-functional in v1.27+; use the "seccompProfile" field instead';

const volumeSources: Readonly<Record<string, string>> = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
};

/** Of a pod or a template of pods; `path` is empty for a pod, `spec.template.` for a template. */
export function podWarnings(pod: JsonRecord, path: string): readonly string[] {
  const spec = recordAt(pod, 'spec');
  const annotations = recordAt(pod, 'metadata', 'annotations');
  const at = `${path}spec`;
  const containers = containersOf(spec, at);
  return [
    ...nodeLabelWarnings(spec, at),
    ...(criticalPod in annotations
      ? [
          `${path}metadata.annotations[${criticalPod}]: non-functional in v1.16+; use the "priorityClassName" field instead`,
        ]
      : []),
    ...recordsAt(spec, 'volumes').flatMap((volume, index) =>
      Object.entries(volumeSources)
        .filter(([source]) => isRecord(volume[source]))
        .map(([source, why]) => `${at}.volumes[${index}].${source}: ${why}`),
    ),
    ...twice(spec, 'hostAliases', 'ip', at),
    ...twice(spec, 'imagePullSecrets', 'name', at),
    ...recordsAt(spec, 'imagePullSecrets').flatMap((secret, index) =>
      stringAt(secret, 'name') === '' ? [`${at}.imagePullSecrets[${index}].name: invalid empty name ""`] : [],
    ),
    ...fractions(recordAt(spec, 'overhead'), `${at}.overhead`),
    ...(seccompOfPod in annotations && !hasSeccomp(spec)
      ? [`${path}metadata.annotations[${seccompOfPod}]: ${useSeccompProfile}`]
      : []),
    ...containers.flatMap(([container, place]) => [
      ...seccompWarnings(container, annotations, path),
      ...fractions(recordAt(container, 'resources', 'limits'), `${place}.resources.limits`),
      ...fractions(recordAt(container, 'resources', 'requests'), `${place}.resources.requests`),
      ...hiddenVariables(container, place),
    ]),
    ...portWarnings(containers),
    ...((numberAt(spec, 'terminationGracePeriodSeconds') ?? 0) < 0
      ? [`${at}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
  ];
}

/** Of what keeps pods running, when it is new or has changed. */
export function templateWarnings(spec: JsonRecord, isNewer: boolean, path = 'spec'): readonly string[] {
  return isNewer ? podWarnings(recordAt(spec, 'template'), `${path}.template.`) : [];
}

type Placed = readonly [container: JsonRecord, place: string];

const containersOf = (spec: JsonRecord, at: string): readonly Placed[] =>
  ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) =>
    recordsAt(spec, list).map((container, index) => [container, `${at}.${list}[${index}]`] as const),
  );

function nodeLabelWarnings(spec: JsonRecord, at: string): readonly string[] {
  const selected = Object.keys(recordAt(spec, 'nodeSelector')).flatMap((label) =>
    Object.hasOwn(nodeLabels, label) ? [`${at}.nodeSelector[${label}]: ${nodeLabels[label]}`] : [],
  );
  const affinity = recordAt(spec, 'affinity', 'nodeAffinity');
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
  const terms: readonly Placed[] = [
    ...recordsAt(affinity, required, 'nodeSelectorTerms').map(
      (term, index) => [term, `${at}.affinity.nodeAffinity.${required}.nodeSelectorTerms[${index}]`] as const,
    ),
    ...recordsAt(affinity, preferred).map(
      (term, index) =>
        [recordAt(term, 'preference'), `${at}.affinity.nodeAffinity.${preferred}[${index}].preference`] as const,
    ),
  ];
  const wanted = terms.flatMap(([term, place]) =>
    recordsAt(term, 'matchExpressions').flatMap((expression, index) => {
      const key = stringAt(expression, 'key');
      if (!Object.hasOwn(nodeLabels, key)) return [];
      return [`${place}.matchExpressions[${index}].key: ${key} is ${nodeLabels[key]}`];
    }),
  );
  const spread = recordsAt(spec, 'topologySpreadConstraints').flatMap((constraint, index) => {
    const place = `${at}.topologySpreadConstraints[${index}]`;
    const key = stringAt(constraint, 'topologyKey');
    return [
      ...(Object.hasOwn(nodeLabels, key) ? [`${place}.topologyKey: ${key} is ${nodeLabels[key]}`] : []),
      ...(isRecord(constraint.labelSelector)
        ? []
        : [`${place}.labelSelector: a null labelSelector results in matching no pod`]),
    ];
  });
  return [...selected, ...wanted, ...spread];
}

function twice(spec: JsonRecord, list: string, key: string, at: string): readonly string[] {
  const seen = new Set<string>();
  return recordsAt(spec, list).flatMap((item, index) => {
    const name = stringAt(item, key);
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [`${at}.${list}[${index}].${key}: duplicate ${key} ${JSON.stringify(name)}`];
  });
}

function fractions(amounts: JsonRecord, path: string): readonly string[] {
  return ['memory', 'ephemeral-storage'].flatMap((name) => {
    const amount = stringAt(amounts, name);
    if (!/[num]$/.test(amount) || isWhole(amount)) return [];
    return [`${path}[${name}]: fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`];
  });
}

function isWhole(amount: string): boolean {
  const value = parseQuantity(amount);
  return value !== undefined && value.nanos % 1_000_000_000n === 0n;
}

const hasSeccomp = (holder: JsonRecord): boolean => isRecord(recordAt(holder, 'securityContext').seccompProfile);

function seccompWarnings(container: JsonRecord, annotations: JsonRecord, path: string): readonly string[] {
  const key = seccompOfContainer + stringAt(container, 'name');
  return key in annotations && !hasSeccomp(container)
    ? [`${path}metadata.annotations[${key}]: ${useSeccompProfile}`]
    : [];
}

function hiddenVariables(container: JsonRecord, place: string): readonly string[] {
  const seen = new Set<string>();
  return recordsAt(container, 'env').flatMap((variable, index) => {
    const name = stringAt(variable, 'name');
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    const reference = `$(${name})`;
    const value = stringAt(variable, 'value');
    const isExtension = !isRecord(variable.valueFrom) && value !== reference && value.includes(reference);
    if (isExtension) return [];
    return [
      `${place}.env[${index}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
    ];
  });
}

interface Port {
  readonly place: string;
  readonly hostIp: string;
  readonly hostPort: number;
}

function portWarnings(containers: readonly Placed[]): readonly string[] {
  const warnings: string[] = [];
  const names: string[] = [];
  const byPort = new Map<string, Port[]>();
  const byName = new Map<string, string>();
  for (const [container, containerPlace] of containers) {
    for (const [index, port] of recordsAt(container, 'ports').entries()) {
      const place = `${containerPlace}.ports[${index}]`;
      const own: Port = { place, hostIp: stringAt(port, 'hostIP'), hostPort: numberAt(port, 'hostPort') ?? 0 };
      const key = `${numberAt(port, 'containerPort')}/${stringAt(port, 'protocol')}`;
      const others = byPort.get(key) ?? [];
      byPort.set(key, others);
      for (const other of others) {
        const how = clash(own, other);
        if (how !== undefined) warnings.push(`${place}: ${how} port definition with ${other.place}`);
      }
      others.push(own);
      const name = stringAt(port, 'name');
      const first = byName.get(name);
      if (name !== '' && first === undefined) byName.set(name, place);
      if (first === undefined) continue;
      const used = `services and probes that select ports by name will use ${first}`;
      names.push(`${place}: duplicate port name ${JSON.stringify(name)} with ${first}, ${used}`);
    }
  }
  return [...warnings, ...names];
}

function clash(a: Port, b: Port): string | undefined {
  if (a.hostIp === b.hostIp && a.hostPort === b.hostPort) return 'duplicate';
  if (a.hostPort === 0 || b.hostPort === 0) return 'overlapping';
  const isOneOpen = (a.hostIp === '') !== (b.hostIp === '');
  return a.hostPort === b.hostPort && isOneOpen ? 'dangerously ambiguous' : undefined;
}
