/**
 * clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy of a Service: four fields that have to agree
 * (pkg/apis/core/validation, ValidateServiceClusterIPsRelatedFields; registry/core/service/storage/alloc.go).
 */
import { isIP } from 'node:net';
import type { FieldError } from '../../wire/status.ts';
import { duplicateValue, invalidValue, notSupported, required } from '../field-errors.ts';
import { arrayAt, deepEqual, type JsonRecord, recordAt, stringAt } from '../json.ts';
import type { Grants } from '../kind.ts';

export type Family = 'IPv4' | 'IPv6';

const families: readonly Family[] = ['IPv4', 'IPv6'];
const familyPolicies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
export const notAnAddress = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const changed = 'may not change once set';

const familyOf = (address: string): Family => (isIP(address) === 6 ? 'IPv6' : 'IPv4');
export const addressesOf = (spec: JsonRecord): readonly string[] => arrayAt(spec, 'clusterIPs').map(String);
export const familiesOf = (spec: JsonRecord): readonly string[] => arrayAt(spec, 'ipFamilies').map(String);
export const isExternalName = (spec: JsonRecord): boolean => spec.type === 'ExternalName';
export const isHeadless = (spec: JsonRecord): boolean => {
  const addresses = addressesOf(spec);
  return addresses.length === 1 && addresses[0] === 'None';
};

/** What is wrong with the fields as they are, whatever the cluster has. */
export function addressFieldErrors(spec: JsonRecord): readonly FieldError[] {
  if (isExternalName(spec)) return [];
  const errors: FieldError[] = [];
  const [address, addresses, named] = [stringAt(spec, 'clusterIP'), addressesOf(spec), familiesOf(spec)];
  const first = addresses[0];
  if (address === '') {
    if (first !== undefined)
      errors.push(invalidValue('spec.clusterIPs', addresses, 'must be empty when `clusterIP` is not specified'));
  } else if (first === undefined) errors.push(required('spec.clusterIPs'));
  else if (first !== address)
    errors.push(invalidValue('spec.clusterIPs', addresses, 'first value must match `clusterIP`'));
  for (const [index, family] of named.entries()) {
    const at = `spec.ipFamilies[${index}]`;
    if (!families.some((one) => one === family)) errors.push(notSupported(at, family, families));
    if (named.indexOf(family) < index) errors.push(duplicateValue(at, family));
  }
  const policy = stringAt(spec, 'ipFamilyPolicy');
  if (policy !== '' && !familyPolicies.includes(policy))
    errors.push(notSupported('spec.ipFamilyPolicy', policy, familyPolicies));
  const malformed: FieldError[] = [];
  for (const [index, one] of addresses.entries()) {
    if (index > 0 || one !== 'None') {
      if (isIP(one) === 0) malformed.push(invalidValue(`spec.clusterIPs[${index}]`, one, notAnAddress));
    } else if (addresses.length > 1)
      malformed.push(invalidValue('spec.clusterIPs', addresses, "'None' must be the first and only value"));
  }
  errors.push(...malformed);
  if (addresses.length > 2) errors.push(invalidValue('spec.clusterIPs', addresses, 'may only hold up to 2 values'));
  if (malformed.length > 0) return errors;
  if (addresses.length > 1 && new Set(addresses.map(familyOf)).size !== addresses.length)
    errors.push(invalidValue('spec.clusterIPs', addresses, 'may specify no more than one IP for each IP family'));
  if (isHeadless(spec)) return errors;
  for (const [index, one] of addresses.entries()) {
    const family = named[index];
    if (family === undefined || family === familyOf(one)) continue;
    const why = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
    errors.push(invalidValue(`spec.clusterIPs[${index}]`, one, why));
  }
  return errors;
}

/** Of an update: addresses and families stay, a second one may come and go (validateUpgradeDowngrade...). */
export function addressChangeErrors(spec: JsonRecord, before: JsonRecord): readonly FieldError[] {
  if (isExternalName(spec) || isExternalName(before)) return [];
  const [isNow, was] = [isHeadless(spec), isHeadless(before)];
  if (isNow && was) return [];
  const errors = listChangeErrors('clusterIPs', addressesOf(spec), addressesOf(before), spec);
  return isNow === was
    ? [...errors, ...listChangeErrors('ipFamilies', familiesOf(spec), familiesOf(before), spec)]
    : errors;
}

const words = {
  clusterIPs: { primary: 'primary clusterIP can not be unset', second: 'secondary clusterIP' },
  ipFamilies: { primary: 'primary ipFamily can not be unset', second: 'secondary ipFamily' },
} as const;

function listChangeErrors(
  key: 'clusterIPs' | 'ipFamilies',
  after: readonly string[],
  before: readonly string[],
  spec: JsonRecord,
): readonly FieldError[] {
  const at = (index: number): string => `spec.${key}[${key === 'clusterIPs' ? index : 0}]`;
  if (after.length === before.length)
    return before.flatMap((value, index) => (value === after[index] ? [] : [invalidValue(at(index), after, changed)]));
  const errors: FieldError[] = [];
  const isReduced = before.length > after.length;
  if (isReduced && after.length === 0) errors.push(invalidValue(at(0), after, words[key].primary));
  const hasBoth = before.length > 0 && after.length > 0;
  if (hasBoth && after[0] !== before[0]) errors.push(invalidValue(at(0), after, changed));
  if (isReduced && after.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    const why = `must be set to 'SingleStack' when releasing the ${words[key].second}`;
    errors.push(invalidValue('spec.ipFamilyPolicy', spec.ipFamilyPolicy, why));
  }
  return errors;
}

/** Services that take what they get have it, until their own fields are changed: a cluster's new family is not forced on them. */
function isSettled(spec: JsonRecord, before: JsonRecord | undefined): boolean {
  return (
    before !== undefined &&
    spec.ipFamilyPolicy === 'PreferDualStack' &&
    before.ipFamilyPolicy === 'PreferDualStack' &&
    spec.type === before.type &&
    !isExternalName(spec) &&
    deepEqual(addressesOf(spec), addressesOf(before)) &&
    deepEqual(familiesOf(spec), familiesOf(before))
  );
}

/** Decides policy and families of a Service (initIPFamilyFields). */
export function fillFamilies(
  spec: JsonRecord,
  before: JsonRecord | undefined,
  { families: served }: Grants,
): readonly FieldError[] {
  if (isExternalName(spec) || isSettled(spec, before)) return [];
  const isFree = spec.clusterIP === 'None' && Object.keys(recordAt(spec, 'selector')).length === 0;
  if (stringAt(spec, 'ipFamilyPolicy') === '')
    spec.ipFamilyPolicy = stringAt(before, 'ipFamilyPolicy') || (isFree ? 'RequireDualStack' : 'SingleStack');
  const malformed = addressFieldErrors(spec);
  if (malformed.length > 0) return malformed;
  const isSingle = spec.ipFamilyPolicy === 'SingleStack';
  const policyError = (why: string): FieldError => invalidValue('spec.ipFamilyPolicy', spec.ipFamilyPolicy, why);
  const errors: FieldError[] = [];
  if (before !== undefined) {
    const isFewer = (now: readonly string[], then: readonly string[]): boolean =>
      now.length > 0 && now.length < then.length;
    if (isSingle) {
      // Asking for one alone lets go of the second.
      for (const key of ['clusterIPs', 'ipFamilies'])
        if (arrayAt(spec, key).length > 1 && deepEqual(arrayAt(spec, key), arrayAt(before, key)))
          spec[key] = arrayAt(spec, key).slice(0, 1);
    } else {
      if (isFewer(addressesOf(spec), addressesOf(before)))
        errors.push(policyError("must be 'SingleStack' to release the secondary cluster IP"));
      if (isFewer(familiesOf(spec), familiesOf(before)))
        errors.push(policyError("must be 'SingleStack' to release the secondary IP family"));
    }
  }
  const [addresses, named] = [addressesOf(spec), [...familiesOf(spec)]];
  const policies = "must be 'RequireDualStack' or 'PreferDualStack' when multiple";
  if (isSingle && addresses.length === 2) errors.push(policyError(`${policies} cluster IPs are specified`));
  if (isSingle && named.length === 2) errors.push(policyError(`${policies} IP families are specified`));
  if (!isHeadless(spec)) {
    for (const [index, address] of addresses.entries()) {
      if (index < named.length) continue;
      const family = familyOf(address);
      if (served.includes(family)) named.push(family);
      else {
        const why = `${family} is not configured on this cluster`;
        errors.push(invalidValue(`spec.clusterIPs[${index}]`, addresses, why));
      }
    }
  }
  if (errors.length > 0) return errors;
  const [byDefault = 'IPv4'] = served;
  const other = (family: string): Family => (family === 'IPv4' ? 'IPv6' : 'IPv4');
  const complete = (isBoth: boolean): void => {
    if (named.length === 0) named.push(byDefault);
    if (!isSingle && isBoth && named.length === 1) named.push(other(named[0] ?? byDefault));
    spec.ipFamilies = named;
  };
  // Without a selector and an address its endpoints are anybody's: nothing of the cluster's limits them.
  if (isFree) {
    complete(true);
    return [];
  }
  if (spec.ipFamilyPolicy === 'RequireDualStack' && served.length < 2)
    errors.push(policyError('this cluster is not configured for dual-stack services'));
  for (const [index, family] of named.entries())
    if (!served.some((one) => one === family))
      errors.push(invalidValue(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster'));
  if (errors.length === 0) complete(served.length === 2);
  return errors;
}

/** Gives a Service the addresses its families call for; a string says that there are none left. */
export function fillAddresses(
  object: JsonRecord,
  spec: JsonRecord,
  before: JsonRecord | undefined,
  grants: Grants,
): readonly FieldError[] | string {
  if (isExternalName(spec) || isHeadless(spec) || isSettled(spec, before)) return [];
  const held = before === undefined || isExternalName(before) ? [] : addressesOf(before);
  if (held[0] === 'None') return [];
  const addresses = [...addressesOf(spec)];
  for (const [index, family] of familiesOf(spec).entries()) {
    const asked = addresses[index] ?? '';
    if (asked === '') {
      // What an update leaves out is a mistake that validation tells of.
      if (index < held.length) continue;
      const address = grants.nextAddress(family as Family);
      if (address === undefined) {
        const name = JSON.stringify(stringAt(object, 'metadata', 'name'));
        return `failed to allocate a serviceIP for Service ${name}: range is full`;
      }
      addresses[index] = address;
    } else if (held.length <= index) {
      const problem = grants.takeAddress(asked);
      const why = `failed to allocate IP ${asked}: ${problem}`;
      if (problem !== undefined) return [invalidValue('spec.clusterIPs', addressesOf(spec), why)];
    }
  }
  if (addresses[0] !== undefined) [spec.clusterIP, spec.clusterIPs] = [addresses[0], addresses];
  return [];
}

/** A client that knows one of the two fields means both (normalizeClusterIPs). */
export function alignAddresses(spec: JsonRecord, before: JsonRecord | undefined): void {
  const [address, addresses] = [stringAt(spec, 'clusterIP'), addressesOf(spec)];
  if (before === undefined) {
    if (address !== '' && addresses.length === 0) spec.clusterIPs = [address];
    return;
  }
  const [old, olds] = [stringAt(before, 'clusterIP'), addressesOf(before)];
  const isSame = deepEqual(addresses, olds);
  if (address === old) {
    if (olds.length > 0 && addresses.length === 0) spec.clusterIPs = olds;
  } else if (isSame) {
    if (address === '') delete spec.clusterIPs;
    else spec.clusterIPs = [address];
  }
}
