import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Identity, KubernetesObject } from '@diatom/sdk/api';
import type { AdmissionRequest, ResourceAttributes } from '../access.ts';
import { openAccess, type TestAccess } from '../test-access.ts';

const node: Identity = { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };

const ask = (cell: TestAccess, verb: string, resource: string, more: Partial<ResourceAttributes> = {}): boolean =>
  cell.access.authorize(node, { kind: 'resource', verb, group: '', resource, ...more }).allowed;

const pod = (name: string, nodeName: string, spec: object = {}, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'a', uid: `uid-${name}`, ...more },
  spec: { nodeName, ...spec },
});

/** A pod on n1 and one on n2, each with a Secret, a ConfigMap and a claim of its own. */
async function openCell(): Promise<TestAccess> {
  const cell = openAccess();
  for (const place of ['n1', 'n2']) {
    await cell.put('', 'nodes', { metadata: { name: place, uid: `uid-${place}` } });
    const volumes = [
      { name: 's', secret: { secretName: `secret-${place}` } },
      { name: 't', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
      { name: 'd', csi: { driver: 'vault.csi' } },
      { name: 'p', persistentVolumeClaim: { claimName: `claim-${place}` } },
    ];
    const containers = [
      { name: 'c', env: [{ valueFrom: { configMapKeyRef: { name: `config-${place}`, key: 'k' } } }] },
    ];
    await cell.put(
      '',
      'pods',
      pod(`pod-${place}`, place, { serviceAccountName: `robot-${place}`, volumes, containers }),
    );
    const claimRef = { namespace: 'a', name: `claim-${place}` };
    const csi = { nodeStageSecretRef: { namespace: 'drivers', name: `driver-${place}` } };
    await cell.put('', 'persistentvolumes', { metadata: { name: `volume-${place}` }, spec: { claimRef, csi } });
  }
  return cell;
}

describe('a node', () => {
  it('reads what pods on it need, one at a time', async () => {
    await using cell = await openCell();
    const rows = [
      ['secrets', 'secret', 'a'],
      ['configmaps', 'config', 'a'],
      ['persistentvolumeclaims', 'claim', 'a'],
      ['persistentvolumes', 'volume', ''],
      ['secrets', 'driver', 'drivers'],
    ] as const;
    for (const [resource, name, namespace] of rows) {
      assert.equal(ask(cell, 'get', resource, { namespace, name: `${name}-n1` }), true, name);
      assert.equal(ask(cell, 'get', resource, { namespace, name: `${name}-n2` }), false, name);
      assert.equal(ask(cell, 'list', resource, { namespace }), false, name);
      assert.equal(ask(cell, 'update', resource, { namespace, name: `${name}-n1` }), false, name);
    }
    await cell.remove('', 'pods', 'pod-n1', 'a');
    assert.equal(ask(cell, 'get', 'secrets', { namespace: 'a', name: 'secret-n1' }), false);
  });

  it('sees itself, its pods and its lease only', async () => {
    await using cell = await openCell();
    assert.equal(ask(cell, 'get', 'nodes', { name: 'n1' }), true);
    assert.equal(ask(cell, 'get', 'nodes', { name: 'n2' }), false);
    assert.equal(ask(cell, 'list', 'nodes'), false);
    assert.equal(ask(cell, 'watch', 'pods', { fieldSelector: 'spec.nodeName=n1' }), true);
    assert.equal(ask(cell, 'watch', 'pods', { fieldSelector: 'spec.nodeName=n2' }), false);
    assert.equal(ask(cell, 'watch', 'pods'), false);
    assert.equal(ask(cell, 'get', 'pods', { namespace: 'a', name: 'pod-n1' }), true);
    assert.equal(ask(cell, 'get', 'pods', { namespace: 'a', name: 'pod-n2' }), false);
    const lease = { group: 'coordination.k8s.io', namespace: 'kube-node-lease' };
    assert.equal(ask(cell, 'update', 'leases', { ...lease, name: 'n1' }), true);
    assert.equal(ask(cell, 'update', 'leases', { ...lease, name: 'n2' }), false);
    assert.equal(ask(cell, 'update', 'leases', { ...lease, namespace: 'a', name: 'n1' }), false);
    assert.equal(
      ask(cell, 'create', 'serviceaccounts', { subresource: 'token', namespace: 'a', name: 'robot-n1' }),
      true,
    );
    assert.equal(
      ask(cell, 'create', 'serviceaccounts', { subresource: 'token', namespace: 'a', name: 'robot-n2' }),
      false,
    );
    const why = cell.access.authorize(node, { kind: 'resource', verb: 'list', group: '', resource: 'nodes' }).reason;
    assert.equal(why, "node 'n1' cannot read all nodes, only its own Node object");
  });

  it('is one only by name and group', async () => {
    await using cell = await openCell();
    for (const identity of [
      { ...node, groups: ['system:authenticated'] },
      { ...node, name: 'n1' },
    ]) {
      const attributes = { kind: 'resource', verb: 'get', group: '', resource: 'nodes', name: 'n1' } as const;
      assert.equal(cell.access.authorize(identity, attributes).allowed, false);
    }
  });
});

describe('what a node writes', () => {
  const admit = (cell: TestAccess, request: Partial<AdmissionRequest>): string =>
    cell.access.admit({
      identity: node,
      verb: 'create',
      group: '',
      resource: 'pods',
      subresource: '',
      namespace: 'a',
      name: 'x',
      object: undefined,
      previous: undefined,
      ...request,
    })?.message ?? 'admitted';

  it('are mirrors of its own pods', async () => {
    await using cell = await openCell();
    const annotations = { 'kubernetes.io/config.mirror': 'x' };
    const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'uid-n1', controller: true };
    const mirror = (place: string, spec: object = {}, more: object = {}) =>
      admit(cell, { object: pod('x', place, spec, { annotations, ownerReferences: [owner], ...more }) });
    assert.equal(mirror('n1'), 'admitted');
    assert.match(admit(cell, { object: pod('x', 'n1') }), /can only create mirror pods/);
    assert.match(mirror('n2'), /spec\.nodeName set to itself/);
    assert.match(mirror('n1', {}, { ownerReferences: [] }), /an owner reference set to itself/);
    assert.match(
      mirror('n1', {}, { ownerReferences: [{ ...owner, uid: 'other' }] }),
      /UID mismatch: expected other got uid-n1/,
    );
    assert.match(mirror('n1', { serviceAccountName: 'robot' }), /can not create pods that reference serviceaccounts/);
    const [own, foreign] = [pod('p', 'n1'), pod('p', 'n2')];
    assert.equal(admit(cell, { verb: 'delete', previous: own }), 'admitted');
    assert.match(admit(cell, { verb: 'delete', previous: foreign }), /can only delete pods/);
    assert.match(admit(cell, { verb: 'delete', subresource: 'eviction', previous: foreign }), /can only evict pods/);
    assert.equal(admit(cell, { verb: 'update', subresource: 'status', object: own, previous: own }), 'admitted');
    const claims = { ...own, status: { resourceClaimStatuses: [{ name: 'c', resourceClaimName: 'd' }] } };
    assert.match(
      admit(cell, { verb: 'update', subresource: 'status', object: claims, previous: own }),
      /cannot update resource claim/,
    );
    const labelled = pod('p', 'n1', {}, { labels: { a: 'b' } });
    assert.match(
      admit(cell, { verb: 'update', subresource: 'status', object: labelled, previous: own }),
      /cannot update labels/,
    );
  });

  it('is itself, without the labels and taints that are not its own to set', async () => {
    await using cell = await openCell();
    const object = (labels: object, spec: object = {}) =>
      ({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', labels }, spec }) as unknown as KubernetesObject;
    const write = (labels: object, spec: object = {}, name = 'n1') =>
      admit(cell, {
        verb: 'update',
        resource: 'nodes',
        namespace: '',
        name,
        object: object(labels, spec),
        previous: object({}),
      });
    assert.equal(write({ 'kubernetes.io/os': 'linux', 'example.com/x': 'y', 'node.kubernetes.io/x': 'y' }), 'admitted');
    assert.match(write({}, {}, 'n2'), /node "n1" is not allowed to modify node "n2"/);
    assert.match(
      write({ 'node-restriction.kubernetes.io/x': 'y' }),
      /modify labels: node-restriction\.kubernetes\.io\/x/,
    );
    assert.match(write({ 'node-role.kubernetes.io/x': '' }), /modify labels: node-role/);
    assert.match(write({}, { taints: [{ key: 'a', effect: 'NoSchedule' }] }), /not allowed to modify taints/);
  });

  it('is what has become of a claim, not what is wanted of it', async () => {
    await using cell = await openCell();
    const claim = (status: object) =>
      ({
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'c' },
        status,
      }) as unknown as KubernetesObject;
    const write = (status: object, subresource = 'status') =>
      admit(cell, {
        verb: 'update',
        resource: 'persistentvolumeclaims',
        subresource,
        object: claim(status),
        previous: claim({ phase: 'Bound' }),
      });
    assert.equal(write({ phase: 'Bound', capacity: { storage: '2Gi' } }), 'admitted');
    assert.match(write({ phase: 'Lost' }), /not allowed to update fields other than/);
    assert.match(write({ phase: 'Bound' }, ''), /may only update PVC status/);
  });

  it('are tokens for pods on it', async () => {
    await using cell = await openCell();
    const token = (boundObjectRef?: object, audiences: readonly string[] = []) =>
      admit(cell, {
        resource: 'serviceaccounts',
        subresource: 'token',
        object: {
          apiVersion: 'v1',
          kind: 'TokenRequest',
          metadata: {},
          spec: { boundObjectRef, audiences },
        } as unknown as KubernetesObject,
      });
    const bound = (name: string, uid = `uid-${name}`) => ({ apiVersion: 'v1', kind: 'Pod', name, uid });
    assert.equal(token(bound('pod-n1')), 'admitted');
    assert.match(token(bound('pod-n1'), ['vault']), /csidriver\.storage\.k8s\.io "vault\.csi" not found/);
    await cell.put('', 'persistentvolumeclaims', {
      metadata: { name: 'claim-n1', namespace: 'a' },
      spec: { volumeName: 'volume-n1' },
    });
    await cell.put('storage.k8s.io', 'csidrivers', {
      metadata: { name: 'vault.csi' },
      spec: { tokenRequests: [{ audience: 'vault' }] },
    });
    assert.equal(token(bound('pod-n1'), ['vault']), 'admitted');
    await cell.put('storage.k8s.io', 'csidrivers', {
      metadata: { name: 'file.csi.azure.com' },
      spec: { tokenRequests: [{ audience: 'azure' }] },
    });
    assert.match(token(bound('pod-n1'), ['azure']), /not found in pod spec volume/);
    const claimRef = { namespace: 'a', name: 'claim-n1' };
    await cell.put('', 'persistentvolumes', { metadata: { name: 'volume-n1' }, spec: { claimRef, azureFile: {} } });
    assert.equal(token(bound('pod-n1'), ['azure']), 'admitted');
    assert.match(token(bound('pod-n1'), ['other']), /audience "other" not found in pod spec volume/);
    assert.match(token(bound('pod-n1'), ['vault', 'other']), /only request 0 or 1 audiences/);
    assert.match(token(), /not bound to a pod/);
    assert.match(token(bound('pod-n1', '')), /without a uid/);
    assert.match(token(bound('pod-n2')), /scheduled on a different node/);
    assert.match(token(bound('pod-n1', 'x')), /does not match the UID in record/);
  });
});
