/**
 * What a node may write: itself, its lease, the pods on it, tokens of their accounts (Kubernetes "NodeRestriction";
 * kubernetes plugin/pkg/admission/noderestriction).
 */
import type { Status } from '@diatom/sdk/api';
import {
  deepEqual,
  isRecord,
  type JsonRecord,
  recordAt,
  recordsAt,
  semanticallyEqual,
  stringAt,
  valueAt,
} from '../../kinds/json.ts';
import type { Store } from '../../store/store.ts';
import { forbidden, notFound } from '../../wire/status.ts';
import type { Admission, AdmissionRequest, Authorizer } from '../access.ts';
import { nodeOf } from './node-identity.ts';
import { checkNodeToken } from './node-tokens.ts';
import { mirrorAnnotation, referencesOf } from './pod-references.ts';
import { stored } from './stored.ts';

export function createNodeRestriction(store: Store, authorizer: Authorizer): Admission {
  return (request) => {
    const node = nodeOf(request.identity);
    if (node === undefined) return undefined;
    const { group, resource, name, identity } = request;
    const refused = (why: string) => forbidden({ group, resource }, name, why).status;
    if (node === '') return refused(`could not determine node from user ${JSON.stringify(identity.name)}`);
    const why = rows[`${group}/${resource}`]?.(request, node, store, authorizer);
    return typeof why === 'string' ? refused(why) : why;
  };
}

/** Why it is forbidden, or another answer; undefined: it is not. */
type Refusal = string | Status | undefined;
type Check = (request: AdmissionRequest, node: string, store: Store, authorizer: Authorizer) => Refusal;

const rows: Readonly<Record<string, Check>> = {
  '/pods': checkPod,
  '/nodes': checkNode,
  '/persistentvolumeclaims': checkClaim,
  '/serviceaccounts': checkNodeToken,
  'coordination.k8s.io/leases': ({ namespace, name }, node) =>
    namespace !== 'kube-node-lease'
      ? 'can only access leases in the "kube-node-lease" system namespace'
      : name === node
        ? undefined
        : 'can only access node lease with the same name as the requesting node',
  'storage.k8s.io/csinodes': ({ name }, node) =>
    name === node ? undefined : 'can only access CSINode with the same name as the requesting node',
  'resource.k8s.io/resourceslices': ({ object, previous }, node) =>
    stringAt(object ?? previous, 'spec', 'nodeName') === node
      ? undefined
      : 'can only access ResourceSlice with spec.nodeName set to the requesting node',
};

const quoted = (text: string): string => JSON.stringify(text);

function checkPod(request: AdmissionRequest, node: string, store: Store): Refusal {
  const { verb, subresource, object, previous } = request;
  const place = stringAt(previous ?? object, 'spec', 'nodeName');
  switch (subresource) {
    case '':
      if (verb === 'create') return checkMirrorPod(object, node, store);
      if (verb !== 'delete') return `unexpected operation "${verb.toUpperCase()}"`;
      return place === node ? undefined : `node ${quoted(node)} can only delete pods with spec.nodeName set to itself`;
    case 'status':
      if (place !== node)
        return `node ${quoted(node)} can only update pod status for pods with spec.nodeName set to itself`;
      return checkStatusOfPod(object, previous, node);
    case 'eviction':
      return place === node ? undefined : `node ${node} can only evict pods with spec.nodeName set to itself`;
    default:
      return `unexpected pod subresource ${quoted(subresource)}, only 'status' and 'eviction' are allowed`;
  }
}

function checkStatusOfPod(object: unknown, previous: unknown, node: string): Refusal {
  const isKept = (...path: readonly string[]): boolean =>
    deepEqual(valueAt(object, path) ?? null, valueAt(previous, path) ?? null);
  const what = [
    ...(isKept('metadata', 'labels') ? [] : ['update labels through pod status']),
    // Whoever could name a claim here could read it.
    ...(isKept('status', 'resourceClaimStatuses') ? [] : ['update resource claim statues']),
    ...(isKept('status', 'extendedResourceClaimStatus') ? [] : ['update extended resource claim status']),
  ];
  return what[0] === undefined ? undefined : `node ${quoted(node)} cannot ${what[0]}`;
}

/** The image of a pod that the node runs without having been asked to. */
function checkMirrorPod(pod: unknown, node: string, store: Store): Refusal {
  const who = `node ${quoted(node)} can only create pods with`;
  if (!isRecord(pod) || !Object.hasOwn(recordAt(pod, 'metadata', 'annotations'), mirrorAnnotation)) {
    return `pod does not have ${quoted(mirrorAnnotation)} annotation, node ${quoted(node)} can only create mirror pods`;
  }
  if (stringAt(pod, 'spec', 'nodeName') !== node) return `${who} spec.nodeName set to itself`;
  const [owner, ...others] = recordsAt(pod, 'metadata', 'ownerReferences');
  if (others.length > 0) return `${who} a single owner reference set to itself`;
  const isItself =
    stringAt(owner, 'apiVersion') === 'v1' && stringAt(owner, 'kind') === 'Node' && stringAt(owner, 'name') === node;
  if (owner === undefined || !isItself) return `${who} an owner reference set to itself`;
  if (owner.controller !== true) return `${who} a controller owner reference set to itself`;
  if (owner.blockOwnerDeletion === true)
    return `node ${quoted(node)} must not set blockOwnerDeletion on an owner reference`;
  const itself = stored(store, 'nodes', '', node);
  if (itself === undefined) return notFound({ group: '', resource: 'nodes' }, node).status;
  const uid = stringAt(itself, 'metadata', 'uid');
  if (stringAt(owner, 'uid') !== uid) return `node ${node} UID mismatch: expected ${stringAt(owner, 'uid')} got ${uid}`;
  const [first] = referencesOf({ ...pod, metadata: { name: stringAt(pod, 'metadata', 'name') } });
  return first === undefined
    ? undefined
    : `node ${quoted(node)} can not create pods that reference ${first.split('/')[0]}`;
}

function checkNode({ verb, name, object, previous }: AdmissionRequest, node: string): string | undefined {
  if (name !== node) return `node ${quoted(node)} is not allowed to modify node ${quoted(name)}`;
  if (object === undefined) return undefined;
  const [labels, before] = [recordAt(object, 'metadata', 'labels'), recordAt(previous, 'metadata', 'labels')];
  const changed = [...new Set([...Object.keys(labels), ...Object.keys(before)])].filter(
    (label) => labels[label] !== before[label],
  );
  const refused = changed.filter(isReserved).sort().join(', ');
  if (verb === 'create') {
    return refused === '' ? undefined : `node ${quoted(node)} is not allowed to set the following labels: ${refused}`;
  }
  const taints = (of: unknown): unknown => recordsAt(of, 'spec', 'taints');
  if (!deepEqual(taints(object), taints(previous))) return `node ${quoted(node)} is not allowed to modify taints`;
  const owners = (of: unknown): unknown => recordsAt(of, 'metadata', 'ownerReferences');
  if (!deepEqual(owners(object), owners(previous)))
    return `node ${quoted(node)} is not allowed to modify ownerReferences`;
  return refused === '' ? undefined : `is not allowed to modify labels: ${refused}`;
}

const kubeletLabels: ReadonlySet<string> = new Set([
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'beta.kubernetes.io/os',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'kubernetes.io/arch',
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
]);

/** Labels by which administrators part nodes, so that no node moves itself. */
function isReserved(label: string): boolean {
  const [prefix = ''] = label.includes('/') ? label.split('/', 1) : [];
  const isOf = (domain: string): boolean => prefix === domain || prefix.endsWith(`.${domain}`);
  if (isOf('node-restriction.kubernetes.io')) return true;
  if (!isOf('kubernetes.io') && !isOf('k8s.io')) return false;
  return !kubeletLabels.has(label) && !isOf('kubelet.kubernetes.io') && !isOf('node.kubernetes.io');
}

/** What a volume has become is the node's to say, what it is wanted to be is not. */
function checkClaim({ subresource, object, previous }: AdmissionRequest, node: string): Refusal {
  if (subresource !== 'status') return 'may only update PVC status';
  const kept = (claim: unknown): JsonRecord => {
    const {
      capacity: _,
      conditions,
      allocatedResourceStatuses,
      allocatedResources,
      ...status
    } = recordAt(claim, 'status');
    const { labels, annotations, finalizers, ownerReferences } = recordAt(claim, 'metadata');
    return {
      spec: recordAt(claim, 'spec'),
      status,
      metadata: { labels, annotations, finalizers, ownerReferences },
    } as JsonRecord;
  };
  if (semanticallyEqual(kept(object), kept(previous))) return undefined;
  return `node ${quoted(node)} is not allowed to update fields other than status.quantity and status.conditions`;
}
