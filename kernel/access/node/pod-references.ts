/** The objects a pod cannot run without: what the node it is on has to read (kubernetes pkg/api/v1/pod/util.go, Visit*). */
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../../kinds/json.ts';

/** Where a volume source names a Secret, by type of source. */
export const secretsOfSources: Readonly<Record<string, readonly (readonly string[])[]>> = {
  azureFile: [['secretName']],
  cephfs: [['secretRef', 'name']],
  cinder: [['secretRef', 'name']],
  csi: [['nodePublishSecretRef', 'name']],
  flexVolume: [['secretRef', 'name']],
  iscsi: [['secretRef', 'name']],
  rbd: [['secretRef', 'name']],
  scaleIO: [['secretRef', 'name']],
  secret: [['secretName']],
  storageos: [['secretRef', 'name']],
};

/** As `resource/name`, all in the pod's namespace. */
export function referencesOf(pod: JsonRecord): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (resource: string, name: string): void => {
    if (name !== '') found.add(`${resource}/${name}`);
  };
  // What a mirror pod names was never checked by anybody.
  if (Object.hasOwn(recordAt(pod, 'metadata', 'annotations'), mirrorAnnotation)) return found;
  const spec = recordAt(pod, 'spec');
  add('serviceaccounts', stringAt(spec, 'serviceAccountName'));
  for (const secret of recordsAt(spec, 'imagePullSecrets')) add('secrets', stringAt(secret, 'name'));
  for (const list of ['containers', 'initContainers', 'ephemeralContainers']) {
    for (const container of recordsAt(spec, list)) addEnvironment(container, add);
  }
  for (const volume of recordsAt(spec, 'volumes')) addVolume(stringAt(pod, 'metadata', 'name'), volume, add);
  for (const claim of recordsAt(spec, 'resourceClaims')) add('resourceclaims', stringAt(claim, 'resourceClaimName'));
  for (const claim of recordsAt(pod, 'status', 'resourceClaimStatuses')) {
    add('resourceclaims', stringAt(claim, 'resourceClaimName'));
  }
  add('resourceclaims', stringAt(pod, 'status', 'extendedResourceClaimStatus', 'resourceClaimName'));
  return found;
}

export const mirrorAnnotation = 'kubernetes.io/config.mirror';

type Add = (resource: string, name: string) => void;

function addEnvironment(container: JsonRecord, add: Add): void {
  for (const source of recordsAt(container, 'envFrom')) {
    add('secrets', stringAt(source, 'secretRef', 'name'));
    add('configmaps', stringAt(source, 'configMapRef', 'name'));
  }
  for (const variable of recordsAt(container, 'env')) {
    add('secrets', stringAt(variable, 'valueFrom', 'secretKeyRef', 'name'));
    add('configmaps', stringAt(variable, 'valueFrom', 'configMapKeyRef', 'name'));
  }
}

function addVolume(podName: string, volume: JsonRecord, add: Add): void {
  for (const [source, paths] of Object.entries(secretsOfSources)) {
    if (!isRecord(volume[source])) continue;
    for (const path of paths) add('secrets', stringAt(volume[source], ...path));
  }
  add('configmaps', stringAt(volume, 'configMap', 'name'));
  for (const source of recordsAt(volume, 'projected', 'sources')) {
    add('secrets', stringAt(source, 'secret', 'name'));
    add('configmaps', stringAt(source, 'configMap', 'name'));
  }
  add('persistentvolumeclaims', stringAt(volume, 'persistentVolumeClaim', 'claimName'));
  if (isRecord(volume.ephemeral)) add('persistentvolumeclaims', `${podName}-${stringAt(volume, 'name')}`);
}
