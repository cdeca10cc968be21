/** Creates what a cell is born with where it is missing; what somebody has changed is left as it is. */
import type { ApiHandler, Identity } from '@diatom/sdk/api';
import { objectKey } from '../../store/keys.ts';
import type { Store } from '../../store/store.ts';
import { type ClusterRoleRow, clusterRoleBindings, clusterRoles, namespaces, roles } from './cluster-roles.ts';

/** The kernel acting for itself. */
export const kernelIdentity: Identity = {
  name: 'system:apiserver',
  groups: ['system:masters', 'system:authenticated'],
};

const rbac = 'rbac.authorization.k8s.io';

const metadata = (name: string, labels: Readonly<Record<string, string>> = {}) => ({
  name,
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
});

/** An aggregated role is shown with the rules it gathers at birth, as a cluster's controller would have filled them in. */
function roleObject({ name, labels, aggregate, rules }: ClusterRoleRow): object {
  return {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: metadata(name, labels),
    ...(aggregate === undefined
      ? {}
      : { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregate]: 'true' } }] } }),
    rules: rules ?? gathered(aggregate),
  };
}

function gathered(label: string | undefined): readonly object[] {
  if (label === undefined) return [];
  return clusterRoles
    .filter((row) => row.labels?.[label] === 'true')
    .flatMap((row) => row.rules ?? gathered(row.aggregate));
}

interface Wanted {
  readonly key: string;
  readonly path: string;
  readonly object: object;
}

function wanted(): readonly Wanted[] {
  const rbacRow = (resource: string, name: string, object: object): Wanted => ({
    key: objectKey({ group: rbac, resource, name }),
    path: `/apis/${rbac}/v1/${resource}`,
    object,
  });
  return [
    ...namespaces.map((name) => ({
      key: objectKey({ group: '', resource: 'namespaces', name }),
      path: '/api/v1/namespaces',
      object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    })),
    ...clusterRoles.map((row) => rbacRow('clusterroles', row.name, roleObject(row))),
    ...clusterRoleBindings.map(({ name, role, groups }) =>
      rbacRow('clusterrolebindings', name, {
        apiVersion: `${rbac}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: metadata(name),
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
        subjects: groups.map((group) => ({ kind: 'Group', apiGroup: rbac, name: group })),
      }),
    ),
    ...roles.map(({ name, namespace, rules }) => ({
      key: objectKey({ group: rbac, resource: 'roles', namespace, name }),
      path: `/apis/${rbac}/v1/namespaces/${namespace}/roles`,
      object: { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: metadata(name), rules },
    })),
  ];
}

export async function bootstrap(store: Store, handle: ApiHandler): Promise<void> {
  const missing = wanted().filter(({ key }) => store.get(key) === undefined);
  await Promise.all(missing.map((row) => create(row, handle)));
}

async function create({ path, object }: Wanted, handle: ApiHandler): Promise<void> {
  const body = new TextEncoder().encode(JSON.stringify(object));
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const response = await handle({ method: 'POST', path, headers, body }, kernelIdentity);
  if (response.status === 201 || response.status === 409) return;
  const answer = typeof response.body === 'string' ? response.body : JSON.stringify(response.body);
  throw new Error(`cannot create what a cell needs (POST ${path}): ${response.status} ${answer}`);
}
