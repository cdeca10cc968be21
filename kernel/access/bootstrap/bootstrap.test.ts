import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Identity } from '@diatom/sdk/api';
import { createKernel } from '../../index.ts';
import { clusterRoleBindings, roleBindings } from './bindings.ts';
import { clusterRoles } from './cluster-roles.ts';
import { controllerRules } from './controller-roles.ts';
import { namespaceRoles } from './namespace-roles.ts';

const account = (name: string): Identity => ({
  name: `system:serviceaccount:kube-system:${name}`,
  groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
});
const administrator: Identity = { name: 'root', groups: ['system:masters', 'system:authenticated'] };

interface Review {
  readonly resourceAttributes: Readonly<Record<string, string>>;
}

test('a cell is born with what the controllers of a Kubernetes control plane need, and no more', async () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'diatom-bootstrap-'));
  const kernel = await createKernel({ dataDirectory, listen: { host: '127.0.0.1', port: 0 } });
  try {
    const post = async (path: string, identity: Identity, body: object) =>
      kernel.handle(
        {
          method: 'POST',
          path,
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: new TextEncoder().encode(JSON.stringify(body)),
        },
        identity,
      );
    const may = async ({ name, groups }: Identity, spec: Review): Promise<boolean> => {
      const answer = await post('/apis/authorization.k8s.io/v1/subjectaccessreviews', administrator, {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user: name, groups, ...spec },
      });
      return JSON.parse(String(answer.body)).status.allowed;
    };
    const deployments = { group: 'apps', resource: 'deployments', subresource: 'status', verb: 'update' };
    const controller = account('deployment-controller');
    assert.equal(await may(controller, { resourceAttributes: { ...deployments, namespace: 'a' } }), true);
    assert.equal(await may(controller, { resourceAttributes: { resource: 'secrets', verb: 'list' } }), false);
    const lease = { group: 'coordination.k8s.io', resource: 'leases', name: 'kube-controller-manager', verb: 'update' };
    const manager: Identity = { name: 'system:kube-controller-manager', groups: ['system:authenticated'] };
    assert.equal(await may(manager, { resourceAttributes: { ...lease, namespace: 'kube-system' } }), true);
    const configuration = { resource: 'configmaps', name: 'extension-apiserver-authentication', verb: 'get' };
    const scheduler: Identity = { name: 'system:kube-scheduler', groups: ['system:authenticated'] };
    assert.equal(await may(scheduler, { resourceAttributes: { ...configuration, namespace: 'kube-system' } }), true);
    assert.equal(await may(scheduler, { resourceAttributes: { ...configuration, namespace: 'default' } }), false);
    const tracking = '/api/v1/namespaces/kube-system/configmaps/kube-apiserver-legacy-service-account-token-tracking';
    const headers = { accept: 'application/json' };
    const since = await kernel.handle(
      { method: 'GET', path: tracking, headers, body: new Uint8Array() },
      administrator,
    );
    assert.match(JSON.parse(String(since.body)).data.since, /^\d{4}-\d\d-\d\d$/);
  } finally {
    await kernel.close();
    rmSync(dataDirectory, { recursive: true });
  }
});

test('every role that is bound is there, and no name is given twice', () => {
  const names = [...clusterRoles.map(({ name }) => name), ...Object.keys(controllerRules).map(controllerRole)];
  assert.equal(new Set(names).size, names.length);
  for (const role of Object.keys(clusterRoleBindings)) assert.ok(names.includes(role), role);
  const roles = namespaceRoles.map(({ namespace, name }) => `${namespace}/${name}`);
  assert.equal(new Set(roles).size, roles.length);
  for (const { namespace, role } of roleBindings) assert.ok(roles.includes(`${namespace}/${role}`), role);
});

const controllerRole = (name: string): string => `system:controller:${name}`;
