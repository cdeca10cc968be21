/** Columns of volumes, claims, classes and drivers. */
import { arrayAt, type JsonRecord, lookup, recordAt, stringAt } from '../json.ts';
import type { Column } from '../kind.ts';
import { ageLast, at, integer, joined, text, value, wide } from './column.ts';

const accessModes = lookup({
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
});
const modes =
  (...path: readonly string[]) =>
  (object: JsonRecord) =>
    arrayAt(object, ...path)
      .map((mode) => accessModes.get(String(mode)) ?? String(mode))
      .join(',');

const flag =
  (...path: readonly string[]) =>
  (object: JsonRecord) =>
    String(recordAt(object, ...path.slice(0, -1))[path.at(-1) ?? ''] === true);

export const storageColumns: Readonly<Record<string, readonly Column[]>> = {
  'core.v1.PersistentVolume': [
    text('Capacity', value('', 'spec', 'capacity', 'storage')),
    text('Access Modes', modes('spec', 'accessModes')),
    text('Reclaim Policy', value('', 'spec', 'persistentVolumeReclaimPolicy')),
    text('Status', value('', 'status', 'phase')),
    text('Claim', (volume) =>
      [stringAt(volume, 'spec', 'claimRef', 'namespace'), stringAt(volume, 'spec', 'claimRef', 'name')]
        .filter(Boolean)
        .join('/'),
    ),
    text('StorageClass', value('', 'spec', 'storageClassName')),
    text('VolumeAttributesClass', value('<unset>', 'spec', 'volumeAttributesClassName')),
    text('Reason', value('', 'status', 'reason')),
    ageLast,
    wide('VolumeMode', value('<unset>', 'spec', 'volumeMode')),
  ],
  'core.v1.PersistentVolumeClaim': [
    text('Status', value('', 'status', 'phase')),
    text('Volume', value('', 'spec', 'volumeName')),
    text('Capacity', value('', 'status', 'capacity', 'storage')),
    text('Access Modes', modes('status', 'accessModes')),
    text('StorageClass', value('', 'spec', 'storageClassName')),
    text('VolumeAttributesClass', value('<unset>', 'spec', 'volumeAttributesClassName')),
    ageLast,
    wide('VolumeMode', value('<unset>', 'spec', 'volumeMode')),
  ],
  'storage.v1.StorageClass': [
    text('Provisioner', at('provisioner')),
    text('ReclaimPolicy', at('reclaimPolicy')),
    text('VolumeBindingMode', at('volumeBindingMode')),
    text('AllowVolumeExpansion', (object) => String(object.allowVolumeExpansion === true)),
    ageLast,
  ],
  'storage.v1.VolumeAttachment': [
    text('Attacher', at('spec', 'attacher')),
    text('PV', value('', 'spec', 'source', 'persistentVolumeName')),
    text('Node', at('spec', 'nodeName')),
    text('Attached', flag('status', 'attached')),
    ageLast,
  ],
  'storage.v1.VolumeAttributesClass': [text('DriverName', at('driverName')), ageLast],
  'storage.v1.CSIDriver': [
    text('AttachRequired', flag('spec', 'attachRequired')),
    text('PodInfoOnMount', flag('spec', 'podInfoOnMount')),
    text('StorageCapacity', flag('spec', 'storageCapacity')),
    text('TokenRequests', (object) => {
      const audiences = arrayAt(object, 'spec', 'tokenRequests').map((request) => stringAt(request, 'audience'));
      return audiences.length === 0 ? '<unset>' : audiences.join(',');
    }),
    text('RequiresRepublish', flag('spec', 'requiresRepublish')),
    text('Modes', (object) => joined(arrayAt(object, 'spec', 'volumeLifecycleModes').map(String))),
    ageLast,
  ],
  'storage.v1.CSINode': [integer('Drivers', (node) => arrayAt(node, 'spec', 'drivers').length), ageLast],
  'storage.v1.CSIStorageCapacity': [
    text('StorageClassName', at('storageClassName')),
    text('Capacity', value('<unset>', 'capacity')),
    ageLast,
  ],
};
