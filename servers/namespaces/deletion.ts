/**
 * Emptying a namespace that is being deleted
 * (pkg/controller/namespace/deletion/namespaced_resources_deleter.go upstream).
 */
import {
  type Client,
  type Condition,
  type DiscoveredResource,
  discover,
  isNotFound,
  type KubernetesObject,
  type Namespace,
  resources,
  setCondition,
} from '@diatom/sdk';

export interface Remaining {
  readonly resource: DiscoveredResource;
  readonly objects: readonly KubernetesObject[];
}

export interface Sweep {
  readonly remaining: readonly Remaining[];
  readonly discoveryError: string | undefined;
  readonly deletionErrors: readonly string[];
}

/** Deletes everything in the namespace and tells what is still there: held by finalizers or ending in its own time. */
export async function sweep(client: Client, namespace: string, signal: AbortSignal): Promise<Sweep> {
  let discovered: readonly DiscoveredResource[];
  let discoveryError: string | undefined;
  // What others serve may be down; everything else goes all the same, the namespace waits for the rest.
  const onUnavailable = (groupVersion: string, error: unknown): void => {
    discoveryError = `unable to retrieve the complete list of server APIs: ${groupVersion}: ${textOf(error)}`;
  };
  try {
    discovered = await discover(client, { signal, onUnavailable });
  } catch (error) {
    return { remaining: [], discoveryError: textOf(error), deletionErrors: [] };
  }
  const deletable = discovered.filter(
    ({ namespaced, verbs }) => namespaced && verbs.includes('list') && verbs.includes('delete'),
  );
  const deletionErrors: string[] = [];
  const remaining = await Promise.all(
    deletable.map(async (resource): Promise<Remaining> => {
      try {
        return { resource, objects: await sweepResource(client, resource, namespace, signal) };
      } catch (error) {
        deletionErrors.push(textOf(error));
        return { resource, objects: [] };
      }
    }),
  );
  return {
    remaining: remaining.filter(({ objects }) => objects.length > 0),
    discoveryError,
    deletionErrors,
  };
}

async function sweepResource(
  client: Client,
  type: DiscoveredResource,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly KubernetesObject[]> {
  const resource = client.resource(type, namespace);
  const list = () => Array.fromAsync(resource.items({ metadataOnly: true, signal }));
  const present = await list();
  if (present.length === 0) return [];
  const left = present.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (left.length > 0) {
    if (type.verbs.includes('deletecollection')) {
      await resource.deleteCollection({ propagationPolicy: 'Background', signal });
    } else {
      await Promise.all(
        left.map(({ metadata }) =>
          resource.delete(metadata.name ?? '', { propagationPolicy: 'Background', signal }).catch((error: unknown) => {
            if (!isNotFound(error)) throw error;
          }),
        ),
      );
    }
  }
  return list();
}

/** The five conditions of a namespace on its way out; only those that tell something new replace what is there. */
export function deletionConditions(namespace: Namespace, { remaining, ...errors }: Sweep, nowMs: number): Condition[] {
  const count = remaining.map(
    // `pods. has …` for the core group: upstream prints it so.
    ({ resource, objects }) => `${resource.plural}.${resource.group} has ${objects.length} resource instances`,
  );
  const finalizers = new Map<string, number>();
  for (const { objects } of remaining) {
    for (const { metadata } of objects) {
      for (const name of metadata.finalizers ?? []) finalizers.set(name, (finalizers.get(name) ?? 0) + 1);
    }
  }
  const held = [...finalizers].sort().map(([name, number]) => `${name} in ${number} resource instances`);
  const rows: readonly Condition[] = [
    row(
      'NamespaceDeletionDiscoveryFailure',
      errors.discoveryError,
      ['DiscoveryFailed', 'ResourcesDiscovered'],
      'All resources successfully discovered',
    ),
    row(
      'NamespaceDeletionGroupVersionParsingFailure',
      undefined,
      ['GroupVersionParsingFailed', 'ParsedGroupVersions'],
      'All legacy kube types successfully parsed',
    ),
    row(
      'NamespaceDeletionContentFailure',
      errors.deletionErrors.length === 0 ? undefined : errors.deletionErrors.join('; '),
      ['ContentDeletionFailed', 'ContentDeleted'],
      'All content successfully deleted, may be waiting on finalization',
    ),
    row(
      'NamespaceContentRemaining',
      count.length === 0 ? undefined : `Some resources are remaining: ${count.sort().join(', ')}`,
      ['SomeResourcesRemain', 'ContentRemoved'],
      'All content successfully removed',
    ),
    row(
      'NamespaceFinalizersRemaining',
      held.length === 0 ? undefined : `Some content in the namespace has finalizers remaining: ${held.join(', ')}`,
      ['SomeFinalizersRemain', 'ContentHasNoFinalizers'],
      'All content-preserving finalizers finished',
    ),
  ];
  let conditions: Condition[] = namespace.status?.conditions ?? [];
  for (const next of rows) conditions = setCondition(conditions, next, nowMs);
  return conditions;
}

function row(
  type: string,
  problem: string | undefined,
  [bad, good]: readonly [string, string],
  fine: string,
): Condition {
  if (problem === undefined) return { type, status: 'False', reason: good, message: fine };
  return { type, status: 'True', reason: bad, message: problem };
}

/** Lets the namespace go. */
export async function finalize(client: Client, namespace: Namespace, signal: AbortSignal): Promise<void> {
  const finalizers = (namespace.spec?.finalizers ?? []).filter((name) => name !== 'kubernetes');
  const { name = '', uid = '' } = namespace.metadata;
  const body = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, uid },
    spec: { ...namespace.spec, finalizers },
  };
  try {
    await client.resource(resources.namespaces).updateSubresource(name, 'finalize', body, { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
