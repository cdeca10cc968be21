import type { KubernetesObject } from '../api/meta.ts';
import { apiVersionOf, type ResourceType } from '../kinds/resource-type.ts';
import type { Client } from './client.ts';
import { isServiceUnavailable } from './errors.ts';
import type { CallOptions } from './resource-client.ts';

export interface DiscoveredResource extends ResourceType<KubernetesObject> {
  readonly verbs: readonly string[];
}

interface ResourceList {
  readonly resources: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly verbs: readonly string[];
  }[];
}

interface GroupList {
  readonly groups: readonly {
    readonly name: string;
    readonly preferredVersion: { readonly version: string };
    readonly versions: readonly { readonly version: string }[];
  }[];
}

export interface DiscoveryOptions extends CallOptions {
  /**
   * Called for a group version that cannot be asked now, as that of an aggregated API server that is down; its resources
   * are left out then. Without it discovery fails as a whole.
   */
  readonly onUnavailable?: (groupVersion: string, error: unknown) => void;
}

/** Every resource the server serves, each in its group's preferred version. Subresources are left out. */
export async function discover(client: Client, options: DiscoveryOptions = {}): Promise<DiscoveredResource[]> {
  const { groups } = await client.request<GroupList>({ method: 'GET', path: '/apis', signal: options.signal });
  const wanted = [
    { group: '', version: 'v1' },
    ...groups.flatMap(({ name, preferredVersion, versions }) => {
      // A resource may live only in a version that is not the preferred one; the first to have it wins.
      const others = versions.filter(({ version }) => version !== preferredVersion.version);
      return [preferredVersion, ...others].map(({ version }) => ({ group: name, version }));
    }),
  ];
  const lists = await Promise.all(
    wanted.map(async ({ group, version }) => {
      const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
      const list = await readList(client, group === '' ? version : `${group}/${version}`, path, options);
      return list.resources
        .filter(({ name }) => !name.includes('/'))
        .map(({ name, kind, namespaced, verbs }) => ({ group, version, plural: name, kind, namespaced, verbs }));
    }),
  );
  const found = new Map<string, DiscoveredResource>();
  for (const resource of lists.flat()) {
    const key = `${resource.plural}.${resource.group}`;
    if (!found.has(key)) found.set(key, resource);
  }
  return [...found.values()];
}

async function readList(
  client: Client,
  groupVersion: string,
  path: string,
  options: DiscoveryOptions,
): Promise<ResourceList> {
  const { signal, onUnavailable } = options;
  try {
    return await client.request<ResourceList>({ method: 'GET', path, signal });
  } catch (error) {
    if (onUnavailable === undefined || !isServiceUnavailable(error)) throw error;
    onUnavailable(groupVersion, error);
    return { resources: [] };
  }
}

/** What an owner reference names; undefined when nothing of that kind is served in that group. */
export function findKind(
  discovered: readonly DiscoveredResource[],
  apiVersion: string,
  kind: string,
): DiscoveredResource | undefined {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const candidates = discovered.filter((resource) => resource.kind === kind && resource.group === group);
  return candidates.find((resource) => apiVersionOf(resource) === apiVersion) ?? candidates[0];
}
