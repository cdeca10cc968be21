/** IPAddresses and ServiceCIDRs (pkg/apis/networking/validation). */
import { isIP } from 'node:net';
import type { FieldError } from '../../wire/status.ts';
import { immutable, invalidValue, required, tooMany } from '../field-errors.ts';
import { arrayAt, isRecord, recordAt, semanticallyEqual, stringAt } from '../json.ts';
import type { KindRules } from '../kind.ts';
import { isAddressBlock } from './address-block.ts';

const notAnAddress = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const notABlock = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

/** The one spelling of an address RFC 5952 and Go's netip have. */
function isCanonical(address: string): boolean {
  if (isIP(address) === 4) return true;
  if (isIP(address) !== 6 || address.includes('%')) return false;
  return new URL(`http://[${address}]`).hostname.slice(1, -1) === address;
}

export const addressRules: KindRules = {
  name: 'path-segment',
  generation: true,
  validate: (object) => {
    const name = stringAt(object, 'metadata', 'name');
    const errors: FieldError[] = [];
    if (isIP(name) === 0) errors.push(invalidValue('metadata.name', name, notAnAddress));
    else if (!isCanonical(name)) errors.push(invalidValue('metadata.name', name, 'must be in canonical form'));
    const { parentRef } = recordAt(object, 'spec');
    if (!isRecord(parentRef)) return [...errors, required('spec.parentRef')];
    for (const key of ['resource', 'name'])
      if (stringAt(parentRef, key) === '') errors.push(required(`spec.parentRef.${key}`));
    return errors;
  },
  validateUpdate: (object, previous) =>
    semanticallyEqual(object.spec, previous.spec) ? [] : [immutable('spec', object.spec)],
};

export const serviceBlockRules: KindRules = {
  statusKeeps: 'metadata',
  generation: true,
  validate: (object) => {
    const blocks = arrayAt(object, 'spec', 'cidrs').map(String);
    if (blocks.length === 0) return [required('spec.cidrs', 'at least one CIDR required')];
    if (blocks.length > 2) return [tooMany('spec', blocks.length, 2)];
    const errors = blocks.flatMap((block, index) =>
      isAddressBlock(block) ? [] : [invalidValue(`spec.cidrs[${index}]`, block, notABlock)],
    );
    const [first = '', second] = blocks;
    const isSameFamily = second !== undefined && first.includes(':') === second.includes(':');
    return isSameFamily
      ? [...errors, invalidValue('spec', blocks, 'may specify no more than one IP for each IP family')]
      : errors;
  },
  validateUpdate: (object, previous) => {
    const [after, before] = [arrayAt(object, 'spec', 'cidrs'), arrayAt(previous, 'spec', 'cidrs')];
    // One family may get the other beside it.
    const isExtended = before.length === 1 && after.length === 2 && after[0] === before[0];
    return isExtended || semanticallyEqual(after, before) ? [] : [immutable('spec.cidrs', after)];
  },
};
