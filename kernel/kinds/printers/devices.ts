/** Columns of devices and claims to them. */
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../json.ts';
import type { Column } from '../kind.ts';
import { ageLast, at, text } from './column.ts';

/** `allocated,reserved` (printers.go resourceClaimStatus). */
function claimState(claim: JsonRecord): string {
  const isGoing = stringAt(claim, 'metadata', 'deletionTimestamp') !== '';
  const isAllocated = isRecord(recordAt(claim, 'status').allocation);
  const states = [
    ...(isGoing ? ['deleted'] : []),
    ...(isAllocated ? ['allocated'] : isGoing ? [] : ['pending']),
    ...(recordsAt(claim, 'status', 'reservedFor').length > 0 ? ['reserved'] : []),
  ];
  return states.join(',');
}

export const deviceColumns: Readonly<Record<string, readonly Column[]>> = {
  'resource.v1.DeviceClass': [ageLast],
  'resource.v1.ResourceClaim': [text('State', claimState), ageLast],
  'resource.v1.ResourceClaimTemplate': [ageLast],
  'resource.v1.ResourceSlice': [
    text('Node', at('spec', 'nodeName')),
    text('Driver', at('spec', 'driver')),
    text('Pool', at('spec', 'pool', 'name')),
    ageLast,
  ],
};
