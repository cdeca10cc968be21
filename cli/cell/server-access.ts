/**
 * What the cell itself writes into its API. What each server may do: a ServiceAccount, a ClusterRole made from its `rules`, and the binding between them. Written
 * in the kernel's own thread, before the server's port is attached.
 */
import type { ApiHandler, Identity } from '@diatom/sdk/api';
import type { PolicyRule } from '@diatom/servers/server.ts';
import { type RuntimeClassRow, runtimeClassObject } from './runtime-classes.ts';

const namespace = 'kube-system';
/** On everything written here, so that what a later version does not declare any more can be found and removed. */
const label = 'diatom.dev/server';
const accountsPath = `/api/v1/namespaces/${namespace}/serviceaccounts`;
const rolesPath = '/apis/rbac.authorization.k8s.io/v1/clusterroles';
const runtimeClassesPath = '/apis/node.k8s.io/v1/runtimeclasses';
const bindingsPath = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';

export function identityOf(server: string): Identity {
  return {
    name: `system:serviceaccount:${namespace}:${server}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}

/** The cell itself. */
const ownIdentity: Identity = { name: 'system:diatom:cell', groups: ['system:masters', 'system:authenticated'] };

/** Makes the server's rights exactly what it declares. Writes only what differs. */
export async function grant(api: ApiHandler, server: string, rules: readonly PolicyRule[]): Promise<void> {
  const name = `system:diatom:${server}`;
  const labels = { [label]: server };
  const group = 'rbac.authorization.k8s.io';
  const apiVersion = `${group}/v1`;
  const wanted = rules.map(plainRule);
  await ensure(api, accountsPath, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: server, namespace, labels },
  });
  const role = { apiVersion, kind: 'ClusterRole', metadata: { name, labels }, rules: wanted };
  const present = await ensure(api, rolesPath, role);
  if (JSON.stringify(present.rules) !== JSON.stringify(wanted)) {
    await call(api, 'PUT', `${rolesPath}/${encodeURIComponent(name)}`, role);
  }
  await ensure(api, bindingsPath, {
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name },
    subjects: [{ kind: 'ServiceAccount', name: server, namespace }],
  });
}

/** Those that are missing; what somebody has changed is left as it is. */
export async function ensureRuntimeClasses(api: ApiHandler, rows: readonly RuntimeClassRow[]): Promise<void> {
  for (const row of rows) await ensure(api, runtimeClassesPath, runtimeClassObject(row));
}

/** Takes away what servers that are no more were granted. */
export async function revokeOthers(api: ApiHandler, servers: readonly string[]): Promise<void> {
  const selector = `?labelSelector=${encodeURIComponent(`${label},${label} notin (${servers.join(',')})`)}`;
  for (const path of [bindingsPath, rolesPath, accountsPath]) await call(api, 'DELETE', path + selector);
}

interface Named {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly rules?: unknown;
  readonly [field: string]: unknown;
}

/** The object as it is, made when it is not there. */
async function ensure(api: ApiHandler, path: string, object: Named): Promise<Named> {
  const present = await call(api, 'GET', `${path}/${encodeURIComponent(object.metadata.name)}`);
  return present ?? (await call(api, 'POST', path, object)) ?? object;
}

/** Undefined for 404; every other error is thrown. */
async function call(api: ApiHandler, method: string, path: string, body?: unknown): Promise<Named | undefined> {
  const response = await api(
    {
      method,
      path,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: new TextEncoder().encode(body === undefined ? '' : JSON.stringify(body)),
    },
    ownIdentity,
  );
  const text =
    typeof response.body === 'string' ? response.body : new TextDecoder().decode(response.body as Uint8Array);
  if (response.status === 404) return undefined;
  if (response.status >= 300) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text) as Named;
}

/** Without absent fields, in the order the API writes them. */
function plainRule(rule: PolicyRule) {
  return {
    ...(rule.apiGroups === undefined ? {} : { apiGroups: [...rule.apiGroups] }),
    ...(rule.nonResourceURLs === undefined ? {} : { nonResourceURLs: [...rule.nonResourceURLs] }),
    ...(rule.resourceNames === undefined ? {} : { resourceNames: [...rule.resourceNames] }),
    ...(rule.resources === undefined ? {} : { resources: [...rule.resources] }),
    verbs: [...rule.verbs],
  };
}
