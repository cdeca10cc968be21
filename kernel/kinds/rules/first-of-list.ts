/** Fields that hold the first of a list beside them, from when there could be one only (pkg/apis/core/v1/conversion.go). */
import { arrayAt, type JsonRecord, recordsAt, stringAt } from '../json.ts';

/** Of an old client the one field counts, of a new one the list. */
export function alignPodAddresses(status: JsonRecord): void {
  const [first] = recordsAt(status, 'podIPs');
  const address = stringAt(status, 'podIP');
  if (address !== '' && stringAt(first, 'ip') !== address) status.podIPs = [{ ip: address }];
  else if (first !== undefined) status.podIP = first.ip;
}

export function alignNodeBlocks(spec: JsonRecord): void {
  const [first] = arrayAt(spec, 'podCIDRs');
  const block = stringAt(spec, 'podCIDR');
  if (block !== '' && first !== block) spec.podCIDRs = [block];
  else if (first !== undefined) spec.podCIDR = first;
}
