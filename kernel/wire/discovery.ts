/** Discovery documents: plain (APIVersions, APIGroupList, APIResourceList) and aggregated (apidiscovery.k8s.io). */
import { createHash } from 'node:crypto';
import type { ApiResponse } from '@diatom/sdk/api';
import { discoveryResources, type RemoteVersion } from '../aggregation/documents.ts';
import { prioritiesOf } from '../aggregation/priorities.ts';
import { compareVersions } from '../kinds/custom/version-order.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import { jsonHeaders } from './encode-answer.ts';
import { type AcceptClause, negotiate, offers, parseAccept } from './media.ts';

export interface SubresourceInfo {
  readonly verbs: readonly string[];
  readonly type?: { readonly group: string; readonly version: string; readonly kind: string };
}

export type SubresourceTable = Readonly<Record<string, SubresourceInfo>>;

interface GroupVersion {
  readonly version: string;
  readonly kinds: readonly Kind[];
  /** Somebody else serves it. */
  readonly remote?: RemoteVersion;
}

interface Group {
  readonly name: string;
  /** Preferred first. */
  readonly versions: readonly GroupVersion[];
}

export function groupsOf(kinds: readonly Kind[]): readonly Group[] {
  const groups = new Map<string, Map<string, Kind[]>>();
  for (const kind of kinds) {
    const versions = groups.get(kind.group) ?? new Map<string, Kind[]>();
    groups.set(kind.group, versions);
    const list = versions.get(kind.version) ?? [];
    versions.set(kind.version, list);
    list.push(kind);
  }
  return [...groups].map(([name, versions]) => ({
    name,
    versions: [...versions]
      .sort(([a], [b]) => compareVersions(a, b))
      .map(([version, list]) => ({ version, kinds: list })),
  }));
}

/** The kernel's own groups, and what others serve: versions of these groups and groups of their own, by priority. */
function withRemote(groups: readonly Group[], remote: readonly RemoteVersion[]): readonly Group[] {
  const byPriority = [...remote].sort(
    (a, b) =>
      b.groupPriority - a.groupPriority ||
      b.versionPriority - a.versionPriority ||
      compareVersions(a.version, b.version),
  );
  const merged = new Map(groups.map((group) => [group.name, group]));
  for (const each of byPriority) {
    const known = merged.get(each.group)?.versions.filter(({ version }) => version !== each.version) ?? [];
    merged.set(each.group, {
      name: each.group,
      versions: [...known, { version: each.version, kinds: [], remote: each }],
    });
  }
  return inOrder([...merged.values()]);
}

/** By the highest priority any version gives its group (kube-aggregator apis/apiregistration/helpers.go), then by name. */
function inOrder(groups: readonly Group[]): readonly Group[] {
  const ranked = groups.map((group) => ({
    group,
    rank: Math.max(...group.versions.map((each) => rankOf(group, each))),
  }));
  ranked.sort((a, b) => b.rank - a.rank || (a.group.name < b.group.name ? -1 : 1));
  return ranked.map(({ group }) => group);
}

function rankOf({ name }: Group, { version, remote }: GroupVersion): number {
  if (remote !== undefined) return remote.groupPriority;
  // The aggregator serves its own group before all others.
  return name === 'apiregistration.k8s.io' ? Number.POSITIVE_INFINITY : prioritiesOf(name, version)[0];
}

function groupObject(group: Group): object {
  const versions = group.versions.map(({ version }) => ({ groupVersion: `${group.name}/${version}`, version }));
  return { name: group.name, versions, preferredVersion: versions[0] };
}

/** What a client compares to learn that objects are stored in another version now (apiserver discovery.StorageVersionHash). */
function storageVersionHash({ kind, view, storageApiVersion }: Kind): string {
  const stored = view === undefined ? storageApiVersion : apiVersionOf(view.of);
  const groupVersion = stored.includes('/') ? stored : `/${stored}`;
  return createHash('sha256').update(`${groupVersion}/${kind}`).digest().subarray(0, 8).toString('base64');
}

function resourceList(kinds: readonly Kind[], groupVersion: string, table: SubresourceTable): object {
  const resources = kinds.flatMap((kind) => [
    {
      name: kind.resource,
      singularName: kind.singular,
      namespaced: kind.namespaced,
      kind: kind.kind,
      verbs: kind.verbs,
      ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
      ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
      ...(kind.review === undefined ? { storageVersionHash: storageVersionHash(kind) } : {}),
    },
    ...[...kind.subresources].map((name) => {
      const { verbs, type } = table[name] ?? { verbs: [] };
      return {
        name: `${kind.resource}/${name}`,
        singularName: '',
        namespaced: kind.namespaced,
        ...(type === undefined ? {} : { group: type.group, version: type.version }),
        kind: type?.kind ?? kind.kind,
        verbs,
      };
    }),
  ]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}

function aggregated(groups: readonly Group[], version: string, table: SubresourceTable): object {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((group) => ({
      metadata: group.name === '' ? { creationTimestamp: null } : { name: group.name, creationTimestamp: null },
      versions: group.versions.map((entry) => ({
        version: entry.version,
        resources:
          entry.remote === undefined
            ? entry.kinds.map((kind) => aggregatedResource(kind, table))
            : discoveryResources(entry.remote),
        freshness: entry.remote?.isAvailable === false ? 'Stale' : 'Current',
      })),
    })),
  };
}

function aggregatedResource(kind: Kind, table: SubresourceTable): object {
  const own = { group: kind.group, version: kind.version, kind: kind.kind };
  const subresources = [...kind.subresources].map((name) => ({
    subresource: name,
    responseKind: table[name]?.type ?? own,
    verbs: table[name]?.verbs ?? [],
  }));
  return {
    resource: kind.resource,
    responseKind: own,
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: kind.verbs,
    ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
    ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
    ...(subresources.length > 0 ? { subresources } : {}),
  };
}

/** Which form of /api and /apis the client prefers: an apidiscovery version, or undefined for the plain one. */
function aggregatedVersion(clauses: readonly AcceptClause[]): string | undefined {
  for (const { type, parameters } of clauses) {
    if (type !== 'application/json') continue;
    if (parameters.as === undefined) return undefined;
    const { g, v, as } = parameters;
    if (g === 'apidiscovery.k8s.io' && as === 'APIGroupDiscoveryList' && (v === 'v2' || v === 'v2beta1')) return v;
  }
  return undefined;
}

export interface DiscoveryRequest {
  readonly path: string;
  readonly accept: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly kinds: readonly Kind[];
  readonly subresources: SubresourceTable;
  readonly remote?: readonly RemoteVersion[];
}

/** Undefined when the path is no discovery document. */
export function discover(request: DiscoveryRequest): ApiResponse | undefined {
  const segments = request.path.split('/').filter((segment) => segment !== '');
  const [root, group, version, ...rest] = segments;
  if (rest.length > 0) return undefined;
  const clauses = parseAccept(request.accept);
  if (root !== 'api' && root !== 'apis') return undefined;
  const groups = withRemote(groupsOf(request.kinds), request.remote ?? []);
  const isCore = root === 'api';
  if (group === undefined) {
    const shown = groups.filter(({ name }) => (name === '') === isCore);
    const apiVersion = aggregatedVersion(clauses);
    if (apiVersion !== undefined)
      return aggregatedResponse(request, aggregated(shown, apiVersion, request.subresources), apiVersion);
    negotiate(request.accept, offers.plain);
    return json(
      isCore ? coreVersions(shown) : { kind: 'APIGroupList', apiVersion: 'v1', groups: shown.map(groupObject) },
    );
  }
  negotiate(request.accept, offers.plain);
  if (isCore) {
    const core = groups.find(({ name }) => name === '')?.versions.find((entry) => entry.version === group);
    return core === undefined || version !== undefined
      ? undefined
      : json(resourceList(core.kinds, group, request.subresources));
  }
  const found = groups.find(({ name }) => name === group && name !== '');
  if (found === undefined) return undefined;
  if (version === undefined) return json({ kind: 'APIGroup', apiVersion: 'v1', ...groupObject(found) });
  const entry = found.versions.find((candidate) => candidate.version === version);
  const [first] = entry?.kinds ?? [];
  return entry === undefined || first === undefined
    ? undefined
    : json(resourceList(entry.kinds, apiVersionOf(first), request.subresources));
}

function coreVersions(groups: readonly Group[]): object {
  return {
    kind: 'APIVersions',
    versions: groups.flatMap(({ versions }) => versions.map(({ version }) => version)),
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '' }],
  };
}

function json(body: object): ApiResponse {
  return { status: 200, headers: { ...jsonHeaders, vary: 'Accept' }, body: JSON.stringify(body) };
}

function aggregatedResponse(request: DiscoveryRequest, body: object, version: string): ApiResponse {
  const text = JSON.stringify(body);
  const etag = `"${createHash('sha256').update(text).digest('hex').toUpperCase()}"`;
  const headers = {
    'content-type': `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    etag,
    vary: 'Accept',
    'cache-control': 'public',
  };
  if (request.ifNoneMatch === etag) return { status: 304, headers, body: '' };
  return { status: 200, headers, body: text };
}
