/** The environment of a container, resolved as the kubelet does (core/v1 EnvVar, EnvFromSource). */
import type { Container, EnvVar, Pod } from '@diatom/sdk';

/** ConfigMaps and Secrets as text by `<kind>/<name>`; a missing one is absent. */
export type Sources = ReadonlyMap<string, Readonly<Record<string, string>>>;

export interface SourceReference {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
}

export const sourceKey = ({ kind, name }: SourceReference): string => `${kind}/${name}`;

export class EnvironmentError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EnvironmentError';
  }
}

/** What has to be read before the environment can be resolved. */
export function sourcesOf(container: Container): readonly SourceReference[] {
  const found = new Map<string, SourceReference>();
  const add = (kind: SourceReference['kind'], name: string | undefined): void => {
    if (name !== undefined) found.set(sourceKey({ kind, name }), { kind, name });
  };
  for (const source of container.envFrom ?? []) {
    add('ConfigMap', source.configMapRef?.name);
    add('Secret', source.secretRef?.name);
  }
  for (const { valueFrom } of container.env ?? []) {
    add('ConfigMap', valueFrom?.configMapKeyRef?.name);
    add('Secret', valueFrom?.secretKeyRef?.name);
  }
  return [...found.values()];
}

export interface PodFacts {
  readonly podIP: string;
  readonly hostIP: string;
  readonly nodeName: string;
}

/** Throws an `EnvironmentError` in the kubelet's words when something that is not optional is missing. */
export function environmentOf(
  pod: Pod,
  container: Container,
  sources: Sources,
  facts: PodFacts,
): Readonly<Record<string, string>> {
  const environment: Record<string, string> = {};
  for (const from of container.envFrom ?? []) {
    const reference = from.configMapRef ?? from.secretRef;
    if (reference === undefined) continue;
    const kind = from.configMapRef === undefined ? 'Secret' : 'ConfigMap';
    const data = read(sources, { kind, name: reference.name }, reference.optional === true);
    for (const [key, value] of Object.entries(data ?? {})) environment[`${from.prefix ?? ''}${key}`] = value;
  }
  for (const variable of container.env ?? []) {
    const value = resolve(variable, pod, sources, facts);
    if (value !== undefined)
      environment[variable.name] = variable.valueFrom === undefined ? expand(value, environment) : value;
  }
  return environment;
}

function resolve(variable: EnvVar, pod: Pod, sources: Sources, facts: PodFacts): string | undefined {
  const from = variable.valueFrom;
  if (from === undefined) return variable.value ?? '';
  if (from.fieldRef !== undefined) return fieldOf(pod, from.fieldRef.fieldPath, facts);
  const reference = from.configMapKeyRef ?? from.secretKeyRef;
  if (reference === undefined)
    throw new EnvironmentError(`env ${variable.name}: this source of a value is not supported`);
  const kind = from.configMapKeyRef === undefined ? 'Secret' : 'ConfigMap';
  const isOptional = reference.optional === true;
  const value = ownValue(read(sources, { kind, name: reference.name }, isOptional), reference.key);
  if (value === undefined && !isOptional) {
    const namespace = pod.metadata.namespace ?? 'default';
    throw new EnvironmentError(`couldn't find key ${reference.key} in ${kind} ${namespace}/${reference.name}`);
  }
  return value;
}

function read(
  sources: Sources,
  reference: SourceReference,
  isOptional: boolean,
): Readonly<Record<string, string>> | undefined {
  const data = sources.get(sourceKey(reference));
  if (data === undefined && !isOptional) {
    throw new EnvironmentError(`${reference.kind.toLowerCase()} "${reference.name}" not found`);
  }
  return data;
}

/** Downward API fields that make sense as a variable (core/v1 ObjectFieldSelector). */
const fields: Readonly<Record<string, (pod: Pod, facts: PodFacts) => string>> = {
  'metadata.name': (pod) => pod.metadata.name ?? '',
  'metadata.namespace': (pod) => pod.metadata.namespace ?? '',
  'metadata.uid': (pod) => pod.metadata.uid ?? '',
  'spec.nodeName': (_pod, facts) => facts.nodeName,
  'spec.serviceAccountName': (pod) => pod.spec.serviceAccountName ?? 'default',
  'status.podIP': (_pod, facts) => facts.podIP,
  'status.podIPs': (_pod, facts) => facts.podIP,
  'status.hostIP': (_pod, facts) => facts.hostIP,
  'status.hostIPs': (_pod, facts) => facts.hostIP,
};

function fieldOf(pod: Pod, path: string, facts: PodFacts): string {
  const field = ownValue(fields, path);
  if (field !== undefined) return field(pod, facts);
  const match = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path);
  if (match === null) throw new EnvironmentError(`unsupported fieldPath: ${path}`);
  const [, map, key = ''] = match;
  return ownValue(map === 'labels' ? pod.metadata.labels : pod.metadata.annotations, key) ?? '';
}

/** `$(NAME)` becomes an earlier variable, `$$(NAME)` stays `$(NAME)`, unknown names stay as they are. */
function expand(text: string, known: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([A-Za-z_][\w.-]*)\)/g, (match, name: string | undefined) =>
    name === undefined ? '$' : (ownValue(known, name) ?? match),
  );
}

/** Names come from the pod's author; one such as `constructor` must not find what every object inherits. */
function ownValue<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
