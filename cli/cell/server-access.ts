/** What each server may do: a ServiceAccount, a ClusterRole made from its `rules`, and the binding between them. */
import { type Client, isAlreadyExists, isNotFound, resources } from '@diatom/sdk';
import type { Identity } from '@diatom/sdk/api';
import type { PolicyRule } from '@diatom/servers/server.ts';

const namespace = 'kube-system';
/** On everything written here, so that what a later version does not declare any more can be found and removed. */
const label = 'diatom.dev/server';

export const roleName = (server: string): string => `system:diatom:${server}`;

export function identityOf(server: string): Identity {
  return {
    name: `system:serviceaccount:${namespace}:${server}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}

/** The cell itself, for writing the roles. */
export const ownIdentity: Identity = {
  name: 'system:diatom:cell',
  groups: ['system:masters', 'system:authenticated'],
};

/** Makes the server's rights exactly what it declares. Writes only what differs. */
export async function grant(client: Client, server: string, rules: readonly PolicyRule[]): Promise<void> {
  const name = roleName(server);
  const labels = { [label]: server };
  const accounts = client.resource(resources.serviceAccounts, namespace);
  const roles = client.resource(resources.clusterRoles);
  const bindings = client.resource(resources.clusterRoleBindings);
  const wanted = rules.map(plainRule);
  await Promise.all([
    unlessThere(() =>
      accounts.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: server, namespace, labels } }),
    ),
    (async () => {
      try {
        const present = await roles.get(name);
        if (JSON.stringify(present.rules) === JSON.stringify(wanted)) return;
        await roles.patch(name, { kind: 'merge', changes: { metadata: { labels }, rules: wanted } });
      } catch (error) {
        if (!isNotFound(error)) throw error;
        await roles.create({
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRole',
          metadata: { name, labels },
          rules: wanted,
        });
      }
    })(),
    unlessThere(() =>
      bindings.create({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name, labels },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
        subjects: [{ kind: 'ServiceAccount', name: server, namespace }],
      }),
    ),
  ]);
}

/** Takes away what servers that are no more were granted. */
export async function revokeOthers(client: Client, servers: readonly string[]): Promise<void> {
  const selector = { labelSelector: servers.length === 0 ? label : `${label},${label} notin (${servers.join(',')})` };
  await Promise.all([
    client.resource(resources.clusterRoleBindings).deleteCollection(selector),
    client.resource(resources.clusterRoles).deleteCollection(selector),
    client.resource(resources.serviceAccounts, namespace).deleteCollection(selector),
  ]);
}

async function unlessThere(create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
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
