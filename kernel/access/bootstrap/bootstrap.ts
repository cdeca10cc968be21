/** Creates what a cell is born with where it is missing; what somebody has changed is left as it is. */
import type { ApiHandler, Identity } from '@diatom/sdk/api';
import { objectKey } from '../../store/keys.ts';
import type { Store } from '../../store/store.ts';
import type { PolicyRule } from '../rbac/rule.ts';
import { clusterRoleBindings, roleBindings, type Subject } from './bindings.ts';
import { type ClusterRoleRow, clusterRoles, namespaces } from './cluster-roles.ts';
import { controllerRules } from './controller-roles.ts';
import { namespaceRoles } from './namespace-roles.ts';

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

/** An aggregated role is shown with the rules it gathers at birth, as upstream's controller would fill them in. */
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

/** By name, and a rule once (kubernetes pkg/controller/clusterroleaggregation): in this order nothing is left to write. */
function gathered(label: string | undefined): readonly PolicyRule[] {
  if (label === undefined) return [];
  const rules = clusterRoles
    .filter((row) => row.labels?.[label] === 'true')
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((row) => row.rules ?? gathered(row.aggregate));
  return [...new Map(rules.map((row) => [JSON.stringify(row), row])).values()];
}

const subjectObject = (subject: Subject): object =>
  subject.kind === 'ServiceAccount' ? { ...subject, namespace: 'kube-system' } : { ...subject, apiGroup: rbac };

const bindingObject = (kind: 'ClusterRole' | 'Role', name: string, role: string, subjects: readonly Subject[]) => ({
  apiVersion: `${rbac}/v1`,
  kind: `${kind}Binding`,
  metadata: metadata(name),
  roleRef: { apiGroup: rbac, kind, name: role },
  subjects: subjects.map(subjectObject),
});

interface Wanted {
  readonly key: string;
  readonly path: string;
  readonly object: object;
}

function wanted(): readonly Wanted[] {
  const row = (resource: string, name: string, object: object, namespace?: string): Wanted => ({
    key: objectKey({ group: rbac, resource, name, ...(namespace === undefined ? {} : { namespace }) }),
    path: `/apis/${rbac}/v1${namespace === undefined ? '' : `/namespaces/${namespace}`}/${resource}`,
    object,
  });
  return [
    ...namespaces.map((name) => ({
      key: objectKey({ group: '', resource: 'namespaces', name }),
      path: '/api/v1/namespaces',
      object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    })),
    ...[...clusterRoles, ...controllerRoles].map((role) => row('clusterroles', role.name, roleObject(role))),
    ...Object.entries(clusterRoleBindings).map(([role, subjects]) =>
      row('clusterrolebindings', role, bindingObject('ClusterRole', role, role, subjects)),
    ),
    ...namespaceRoles.map(({ name, namespace, rules }) =>
      row('roles', name, { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: metadata(name), rules }, namespace),
    ),
    ...roleBindings.map(({ role, name = role, namespace, subjects }) =>
      row('rolebindings', name, bindingObject('Role', name, role, subjects), namespace),
    ),
  ];
}

const controllerRoles: readonly ClusterRoleRow[] = Object.entries(controllerRules).map(([name, rules]) => ({
  name: `system:controller:${name}`,
  rules,
}));

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
