/**
 * What a node may do: what the role system:node says, but Secrets, ConfigMaps and the like only as far as pods on it need
 * them, and of nodes and leases only its own (Kubernetes "Using Node Authorization"; kubernetes
 * plugin/pkg/auth/authorizer/node). Looked up in the store when a node asks: writes of pods cost nothing.
 */
import { type JsonRecord, recordAt, stringAt } from '../../kinds/json.ts';
import { resourcePrefix } from '../../store/keys.ts';
import type { Store } from '../../store/store.ts';
import type { AccessDecision, Attributes, Authorizer, ResourceAttributes } from '../access.ts';
import { clusterRoles } from '../bootstrap/cluster-roles.ts';
import { ruleAllows } from '../rbac/rule.ts';
import { nodeOf } from './node-identity.ts';
import { referencesOf, secretsOfSources } from './pod-references.ts';

const allowed: AccessDecision = { allowed: true, reason: '' };
const noOpinion: AccessDecision = { allowed: false, reason: '' };
const denied = (reason = ''): AccessDecision => (reason === '' ? noOpinion : { allowed: false, reason });

const nodeRules = clusterRoles.find(({ name }) => name === 'system:node')?.rules ?? [];

export function createNodeAuthorizer(store: Store): Authorizer {
  return {
    authorize: (identity, attributes) => {
      const node = nodeOf(identity);
      if (node === undefined) return noOpinion;
      if (node === '') return denied(`unknown node for user ${JSON.stringify(identity.name)}`);
      return decide(store, node, attributes);
    },
  };
}

function decide(store: Store, node: string, attributes: Attributes): AccessDecision {
  if (attributes.kind === 'resource') {
    const { group, resource, subresource = '' } = attributes;
    const key = `${group}/${resource}`;
    const row = key === '/persistentvolumeclaims' && subresource === 'status' ? statusOfClaims : rows.get(key);
    if (row !== undefined) return row(store, node, attributes);
  }
  return nodeRules.some((rule) => ruleAllows(rule, attributes)) ? allowed : denied();
}

type Row = (store: Store, node: string, attributes: ResourceAttributes) => AccessDecision;

/** Only what pods on the node name, by these verbs, and one at a time. */
const ofItsPods =
  (resource: string, verbs: readonly string[], isRelated: Related = isNamedByPod): Row =>
  (store, node, { verb, subresource = '', namespace = '', name = '' }) => {
    if (!verbs.includes(verb)) return denied(`can only ${verbs.join(', ')} individual resources of this type`);
    if (subresource !== '') return denied('cannot get subresource');
    if (name === '') return denied('No Object name found');
    if (isRelated(store, node, { resource, namespace, name })) return allowed;
    return denied(`no relationship found between node '${node}' and this object`);
  };

/** Its own, by name; one to be made has no name yet, and is judged when it is there (node-restriction.ts). */
const ofItsName =
  (what: string): Row =>
  (_, node, { verb, subresource = '', name = '' }) => {
    if (!ownVerbs.includes(verb) || subresource !== '') return denied(`can only ${ownVerbs.join(', ')} a ${what}`);
    if (verb !== 'create' && name !== node)
      return denied(`can only access ${what} with the same name as the requesting node`);
    return allowed;
  };

const ownVerbs: readonly string[] = ['get', 'create', 'update', 'patch', 'delete'];
const reading: readonly string[] = ['get', 'list', 'watch'];

const statusOfClaims: Row = (store, node, { verb, namespace = '', name = '' }) => {
  if (!['get', 'update', 'patch'].includes(verb)) return denied('can only get, update or patch status');
  const isRelated = isNamedByPod(store, node, { resource: 'persistentvolumeclaims', namespace, name });
  return isRelated ? allowed : denied(`no relationship found between node '${node}' and this object`);
};

const leases: Row = (store, node, attributes) =>
  attributes.namespace === 'kube-node-lease'
    ? ofItsName('node lease')(store, node, attributes)
    : denied('can only access leases in the "kube-node-lease" system namespace');

const serviceAccounts: Row = (store, node, attributes) => {
  const { verb, subresource = '', namespace = '', name = '' } = attributes;
  const isAsked = (verb === 'create' && subresource === 'token') || (verb === 'get' && subresource === '');
  if (!isAsked) return denied('can only get service accounts or create their tokens');
  const isRelated = isNamedByPod(store, node, { resource: 'serviceaccounts', namespace, name });
  return isRelated ? allowed : denied(`no relationship found between node '${node}' and this object`);
};

const nodes: Row = (_, node, { verb, subresource = '', name = '' }) => {
  const isWrite =
    subresource === '' ? ['create', 'update', 'patch'] : subresource === 'status' ? ['update', 'patch'] : [];
  if (isWrite.includes(verb)) return allowed;
  if (subresource !== '' || !reading.includes(verb)) return denied();
  if (name === node) return allowed;
  const what = name === '' ? 'all nodes' : `'${name}'`;
  return denied(`node '${node}' cannot read ${what}, only its own Node object`);
};

const pods: Row = (store, node, { verb, subresource = '', namespace = '', name = '', fieldSelector = '' }) => {
  switch (`${subresource} ${verb}`) {
    case ' create':
    case ' delete':
    case 'status update':
    case 'status patch':
    case 'eviction create':
      return allowed;
    case ' get':
    case ' list':
    case ' watch': {
      const terms = fieldSelector.split(',');
      const isOwn = terms.includes(`spec.nodeName=${node}`) || terms.includes(`spec.nodeName==${node}`);
      if (verb !== 'get' && isOwn) return allowed;
      if (name === '') return denied('can only list/watch pods with spec.nodeName field selector');
      const isHere = podsOn(store, node, namespace).some((pod) => stringAt(pod, 'metadata', 'name') === name);
      return isHere ? allowed : denied(`no relationship found between node '${node}' and this object`);
    }
    default:
      return denied();
  }
};

const slices: Row = (_, node, { verb, subresource = '', fieldSelector = '' }) => {
  if (subresource !== '') return denied('cannot access subresource');
  if (['get', 'create', 'update', 'patch', 'delete'].includes(verb)) return allowed;
  const isOwn = fieldSelector.split(',').includes(`spec.nodeName=${node}`);
  return isOwn
    ? allowed
    : denied('can only list/watch/deletecollection resourceslices with spec.nodeName field selector');
};

const rows: ReadonlyMap<string, Row> = new Map([
  ['/secrets', ofItsPods('secrets', reading, isNamedBySecretUser)],
  ['/configmaps', ofItsPods('configmaps', reading)],
  ['/persistentvolumeclaims', ofItsPods('persistentvolumeclaims', ['get'])],
  ['/persistentvolumes', ofItsPods('persistentvolumes', ['get'], isVolumeOfPod)],
  ['resource.k8s.io/resourceclaims', ofItsPods('resourceclaims', ['get'])],
  ['storage.k8s.io/volumeattachments', ofItsPods('volumeattachments', ['get'], isAttachedTo)],
  ['/serviceaccounts', serviceAccounts],
  ['coordination.k8s.io/leases', leases],
  ['storage.k8s.io/csinodes', ofItsName('CSINode')],
  ['resource.k8s.io/resourceslices', slices],
  ['/nodes', nodes],
  ['/pods', pods],
]);

interface Wanted {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

type Related = (store: Store, node: string, wanted: Wanted) => boolean;

/** Texts are looked through first: most pods are on other nodes, and a text is cheaper to search than to parse. */
function podsOn(store: Store, node: string, namespace: string, mentioning = ''): readonly JsonRecord[] {
  const quotedNode = JSON.stringify(node);
  return store
    .list(resourcePrefix('', 'pods', namespace))
    .items.filter(({ value }) => value.includes(quotedNode) && value.includes(mentioning))
    .map(({ value }) => JSON.parse(value) as JsonRecord)
    .filter((pod) => stringAt(pod, 'spec', 'nodeName') === node);
}

function isNamedByPod(store: Store, node: string, { resource, namespace, name }: Wanted): boolean {
  if (namespace === '') return false;
  // The claim of an ephemeral volume has a name put together of two.
  const mentioning = resource === 'persistentvolumeclaims' ? '' : JSON.stringify(name);
  return podsOn(store, node, namespace, mentioning).some((pod) => referencesOf(pod).has(`${resource}/${name}`));
}

/** By a pod, or by the volume behind a claim of a pod. */
function isNamedBySecretUser(store: Store, node: string, wanted: Wanted): boolean {
  if (isNamedByPod(store, node, wanted)) return true;
  return volumes(store, JSON.stringify(wanted.name)).some(
    (volume) => namesSecret(volume, wanted) && isClaimOfPod(store, node, volume),
  );
}

function isVolumeOfPod(store: Store, node: string, { name }: Wanted): boolean {
  return volumes(store, JSON.stringify(name)).some(
    (volume) => stringAt(volume, 'metadata', 'name') === name && isClaimOfPod(store, node, volume),
  );
}

function volumes(store: Store, mentioning: string): readonly JsonRecord[] {
  const { items } = store.list(resourcePrefix('', 'persistentvolumes'));
  return items.filter(({ value }) => value.includes(mentioning)).map(({ value }) => JSON.parse(value) as JsonRecord);
}

function isClaimOfPod(store: Store, node: string, volume: JsonRecord): boolean {
  const claim = recordAt(volume, 'spec', 'claimRef');
  const [namespace, name] = [stringAt(claim, 'namespace'), stringAt(claim, 'name')];
  return isNamedByPod(store, node, { resource: 'persistentvolumeclaims', namespace, name });
}

/** Secrets of a volume are in the namespace they say, or else in that of its claim. */
function namesSecret(volume: JsonRecord, { namespace, name }: Wanted): boolean {
  const spec = recordAt(volume, 'spec');
  const home = stringAt(spec, 'claimRef', 'namespace');
  const isIt = (foundName: string, foundNamespace: string): boolean =>
    foundName === name && (foundNamespace === '' ? home : foundNamespace) === namespace;
  const isOfSource = Object.entries(secretsOfSources).some(([source, paths]) =>
    paths.some((path) => {
      const at = path.slice(0, -1);
      const stated = stringAt(recordAt(spec, source, ...at), at.length === 0 ? 'secretNamespace' : 'namespace');
      return isIt(stringAt(spec, source, ...path), stated);
    }),
  );
  const ofDriver = [
    'controllerExpandSecretRef',
    'controllerPublishSecretRef',
    'nodeExpandSecretRef',
    'nodeStageSecretRef',
  ];
  return (
    isOfSource ||
    ofDriver.some((field) => isIt(stringAt(spec, 'csi', field, 'name'), stringAt(spec, 'csi', field, 'namespace')))
  );
}

function isAttachedTo(store: Store, node: string, { name }: Wanted): boolean {
  const { items } = store.list(resourcePrefix('storage.k8s.io', 'volumeattachments'));
  return items
    .filter(({ value }) => value.includes(JSON.stringify(name)))
    .map(({ value }) => JSON.parse(value) as JsonRecord)
    .some((object) => stringAt(object, 'metadata', 'name') === name && stringAt(object, 'spec', 'nodeName') === node);
}
