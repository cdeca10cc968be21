/**
 * What upstream's admission plug-ins do with claims of volumes: DefaultStorageClass, LimitRanger and
 * PersistentVolumeClaimResize (kubernetes plugin/pkg/admission).
 */
import { ensureRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../json.ts';
import type { ObjectList, ObjectLookup } from '../kind.ts';
import { compareQuantities } from '../quantity.ts';
import { type Classes, defaultClass } from './default-class.ts';
import { brokenLimits } from './pod-limits.ts';

const classes: Classes = {
  group: 'storage.k8s.io',
  resource: 'storageclasses',
  annotations: ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'],
};
/** From before there was a field for it. */
const oldClass = 'volume.beta.kubernetes.io/storage-class';

const requests = (claim: JsonRecord): JsonRecord => recordAt(claim, 'spec', 'resources', 'requests');

function classOf(claim: JsonRecord): string {
  const old = recordAt(claim, 'metadata', 'annotations')[oldClass];
  return typeof old === 'string' ? old : stringAt(claim, 'spec', 'storageClassName');
}

export function admitClaim(claim: JsonRecord, _lookup: ObjectLookup, list: ObjectList): string | undefined {
  const spec = ensureRecord(claim, 'spec');
  // An empty name says that none is wanted.
  const saysNone = spec.storageClassName === undefined && classOf(claim) === '';
  const name = saysNone ? defaultClass(classes, list) : '';
  if (name !== '') spec.storageClassName = name;
  const ranges = list('', 'limitranges', stringAt(claim, 'metadata', 'namespace'));
  const limits = ranges
    .flatMap((range) => recordsAt(range, 'spec', 'limits'))
    .filter(({ type }) => type === 'PersistentVolumeClaim');
  const asked = requests(claim);
  // Upstream takes what is asked for as the limit that `max` is about.
  const broken = limits.flatMap(({ type, min, max }) => [
    ...brokenLimits({ type, min }, { requests: asked, limits: {} }),
    ...brokenLimits({ type, max }, { requests: {}, limits: asked }),
  ]);
  return broken.length > 1 ? `[${broken.join(', ')}]` : broken[0];
}

export function admitClaimUpdate(claim: JsonRecord, previous: JsonRecord, lookup: ObjectLookup): string | undefined {
  const size = (one: JsonRecord): string => String(requests(one).storage ?? '0');
  if (compareQuantities(size(claim), size(previous)) <= 0) return undefined;
  if (stringAt(previous, 'status', 'phase') !== 'Bound') return 'Only bound persistent volume claims can be expanded';
  const name = classOf(claim);
  const found = name === '' || name !== classOf(previous) ? undefined : lookup(classes.group, classes.resource, name);
  if (found?.allowVolumeExpansion === true) return undefined;
  return 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';
}
