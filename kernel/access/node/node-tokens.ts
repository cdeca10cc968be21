/** A node gets tokens only for the pods on it, and only for those that the pods' volumes are for. */
import { arrayAt, isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../../kinds/json.ts';
import type { Store } from '../../store/store.ts';
import type { AdmissionRequest, Authorizer } from '../access.ts';
import { stored } from './stored.ts';

export function checkNodeToken(
  request: AdmissionRequest,
  node: string,
  store: Store,
  authorizer: Authorizer,
): string | undefined {
  const { verb, subresource, namespace, object } = request;
  if (verb !== 'create' || subresource !== 'token') return undefined;
  const reference = recordAt(object, 'spec', 'boundObjectRef');
  const [name, uid] = [stringAt(reference, 'name'), stringAt(reference, 'uid')];
  const isPod = stringAt(reference, 'apiVersion') === 'v1' && stringAt(reference, 'kind') === 'Pod' && name !== '';
  if (!isPod) return 'node requested token not bound to a pod';
  if (uid === '') return 'node requested token with a pod binding without a uid';
  const pod = stored(store, 'pods', namespace, name);
  // The answer to a pod that is not there is the request's own.
  if (pod === undefined) return undefined;
  if (stringAt(pod, 'metadata', 'uid') !== uid) {
    return `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
  }
  if (stringAt(pod, 'spec', 'nodeName') !== node)
    return 'node requested token bound to a pod scheduled on a different node';
  return checkAudience(request, pod, store, authorizer);
}

function checkAudience(
  { identity, namespace, name, object }: AdmissionRequest,
  pod: JsonRecord,
  store: Store,
  authorizer: Authorizer,
): string | undefined {
  const [audience = '', ...others] = arrayAt(object, 'spec', 'audiences').map(String);
  if (others.length > 0) return 'node may only request 0 or 1 audiences';
  const problems: string[] = [];
  if (recordsAt(pod, 'spec', 'volumes').some((volume) => isFor(volume, audience, pod, store, problems)))
    return undefined;
  const quoted = JSON.stringify(audience);
  if (problems.length > 0) return `error validating audience ${quoted}: ${problems.join(', ')}`;
  // The audience stands where rules have resources, the account where they have names.
  const verb = 'request-serviceaccounts-token-audience';
  const wanted = { kind: 'resource', verb, group: '', resource: audience, namespace, name } as const;
  if (authorizer.authorize(identity, wanted).allowed) return undefined;
  return `audience ${quoted} not found in pod spec volume, ${identity.name} is not authorized to request tokens for this audience`;
}

function isFor(volume: JsonRecord, audience: string, pod: JsonRecord, store: Store, problems: string[]): boolean {
  const isProjected = recordsAt(volume, 'projected', 'sources').some(
    ({ serviceAccountToken: token }) => isRecord(token) && stringAt(token, 'audience') === audience,
  );
  if (isProjected) return true;
  const driver = driverOf(volume, pod, store, problems);
  if (driver === '') return false;
  const found = stored(store, 'csidrivers', '', driver, 'storage.k8s.io');
  if (found === undefined) problems.push(`csidriver.storage.k8s.io ${JSON.stringify(driver)} not found`);
  return recordsAt(found, 'spec', 'tokenRequests').some((request) => stringAt(request, 'audience') === audience);
}

/** Of the volume, or of the one behind its claim; empty: none. */
function driverOf(volume: JsonRecord, pod: JsonRecord, store: Store, problems: string[]): string {
  const { namespace, name } = recordAt(pod, 'metadata');
  const claimName = isRecord(volume.ephemeral)
    ? `${String(name)}-${stringAt(volume, 'name')}`
    : stringAt(volume, 'persistentVolumeClaim', 'claimName');
  if (claimName === '') return driverIn(volume);
  const claim = stored(store, 'persistentvolumeclaims', String(namespace), claimName);
  if (claim === undefined) {
    problems.push(`persistentvolumeclaim ${JSON.stringify(claimName)} not found`);
    return '';
  }
  const volumeName = stringAt(claim, 'spec', 'volumeName');
  const persistent = stored(store, 'persistentvolumes', '', volumeName);
  if (persistent === undefined) problems.push(`persistentvolume ${JSON.stringify(volumeName)} not found`);
  return driverIn(recordAt(persistent, 'spec'));
}

/** Who has taken over the types of volumes that once were part of Kubernetes itself (k8s.io/csi-translation-lib). */
const driversBySource: Readonly<Record<string, string>> = {
  awsElasticBlockStore: 'ebs.csi.aws.com',
  azureDisk: 'disk.csi.azure.com',
  azureFile: 'file.csi.azure.com',
  cinder: 'cinder.csi.openstack.org',
  gcePersistentDisk: 'pd.csi.storage.gke.io',
  portworxVolume: 'pxd.portworx.com',
  vsphereVolume: 'csi.vsphere.vmware.com',
};

function driverIn(sources: JsonRecord): string {
  const [, migrated] = Object.entries(driversBySource).find(([source]) => isRecord(sources[source])) ?? [];
  return stringAt(sources, 'csi', 'driver') || (migrated ?? '');
}
