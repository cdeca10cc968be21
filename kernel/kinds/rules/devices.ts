/** Devices and claims to them (resource.k8s.io; kubernetes pkg/apis/resource/v1/defaults.go, validation/validation.go). */
import type { FieldError } from '../../wire/status.ts';
import { duplicateValue, immutable, invalidValue, notSupported, required, tooMany } from '../field-errors.ts';
import {
  arrayAt,
  isRecord,
  type JsonRecord,
  numberAt,
  recordAt,
  recordsAt,
  semanticallyEqual,
  setDefault,
  setDefaultNumber,
  stringAt,
} from '../json.ts';
import type { KindRules, ObjectLookup } from '../kind.ts';
import { labelProblems, subdomainProblems } from '../names.ts';

const allocationModes = ['All', 'ExactCount'];
const mostRequests = 32;
const mostAlternatives = 8;
const mostDevices = 128;
const longestDriver = 63;

// ---- claims --------------------------------------------------------------------------------------------------------

/** A request names one kind of device, or alternatives of which the first that is free is taken. */
function requestsOf(spec: JsonRecord): readonly JsonRecord[] {
  return recordsAt(spec, 'devices', 'requests').flatMap((request) => [
    ...(isRecord(request.exactly) ? [request.exactly] : []),
    ...recordsAt(request, 'firstAvailable'),
  ]);
}

function defaultClaim(spec: JsonRecord): void {
  for (const request of requestsOf(spec)) {
    setDefault(request, 'allocationMode', 'ExactCount');
    if (request.allocationMode === 'ExactCount') setDefaultNumber(request, 'count', 1);
    for (const toleration of recordsAt(request, 'tolerations')) setDefault(toleration, 'operator', 'Equal');
  }
}

const labelErrors = (name: string, at: string): FieldError[] =>
  name === '' ? [required(at)] : labelProblems(name).map((problem) => invalidValue(at, name, problem));

const driverErrors = (name: string, at: string): FieldError[] =>
  name === ''
    ? [required(at)]
    : name.length > longestDriver
      ? [invalidValue(at, name, `must be no more than ${longestDriver} characters`)]
      : subdomainProblems(name.toLowerCase()).map((problem) => invalidValue(at, name, problem));

function uniqueNames(list: readonly JsonRecord[], at: string): FieldError[] {
  const names = new Set<string>();
  return list.flatMap((item, index) => {
    const name = stringAt(item, 'name');
    const errors = labelErrors(name, `${at}[${index}].name`);
    if (names.has(name)) errors.push(duplicateValue(`${at}[${index}].name`, name));
    names.add(name);
    return errors;
  });
}

function requestErrors(request: JsonRecord, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const className = stringAt(request, 'deviceClassName');
  if (className === '') errors.push(required(`${at}.deviceClassName`));
  else
    errors.push(
      ...subdomainProblems(className).map((problem) => invalidValue(`${at}.deviceClassName`, className, problem)),
    );
  const mode = stringAt(request, 'allocationMode');
  const count = numberAt(request, 'count') ?? 0;
  if (mode === 'All') {
    if (count !== 0)
      errors.push(invalidValue(`${at}.count`, count, "must not be specified when allocationMode is 'All'"));
  } else if (mode !== 'ExactCount') errors.push(notSupported(`${at}.allocationMode`, mode, allocationModes));
  else if (count <= 0) errors.push(invalidValue(`${at}.count`, count, 'must be greater than zero'));
  return errors;
}

function claimErrors(spec: JsonRecord, at: string): FieldError[] {
  const path = `${at}.devices.requests`;
  const requests = recordsAt(spec, 'devices', 'requests');
  const errors = uniqueNames(requests, path);
  if (requests.length > mostRequests) errors.push(tooMany(path, requests.length, mostRequests));
  for (const [index, request] of requests.entries()) {
    const where = `${path}[${index}]`;
    const alternatives = recordsAt(request, 'firstAvailable');
    const isExact = isRecord(request.exactly);
    if (isExact === alternatives.length > 0)
      errors.push(
        isExact
          ? invalidValue(
              where,
              null,
              'exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set',
            )
          : required(where, 'exactly one of `exactly` or `firstAvailable` is required'),
      );
    if (isExact) errors.push(...requestErrors(recordAt(request, 'exactly'), `${where}.exactly`));
    if (alternatives.length > mostAlternatives)
      errors.push(tooMany(`${where}.firstAvailable`, alternatives.length, mostAlternatives));
    errors.push(...uniqueNames(alternatives, `${where}.firstAvailable`));
    for (const [position, alternative] of alternatives.entries())
      errors.push(...requestErrors(alternative, `${where}.firstAvailable[${position}]`));
  }
  const names = new Set(requests.map((request) => stringAt(request, 'name')));
  for (const list of ['constraints', 'config'])
    for (const [index, item] of recordsAt(spec, 'devices', list).entries())
      for (const [position, name] of arrayAt(item, 'requests').entries())
        if (!names.has(String(name).split('/', 1)[0] ?? ''))
          errors.push(
            invalidValue(
              `${at}.devices.${list}[${index}].requests[${position}]`,
              name,
              "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
            ),
          );
  return errors;
}

const fixedSpec: KindRules['validateUpdate'] = (object, previous) =>
  semanticallyEqual(object.spec, previous.spec) ? [] : [immutable('spec', object.spec)];

const adminAccessLabel = 'resource.kubernetes.io/admin-access';

/** Access past the claims of others is for namespaces that an administrator has marked (registry/resource, AuthorizedForAdmin). */
function admitAdmin(object: JsonRecord, spec: JsonRecord, lookup: ObjectLookup): string | undefined {
  const requests = recordsAt(spec, 'devices', 'requests');
  if (requests.every((request) => recordAt(request, 'exactly').adminAccess !== true)) return undefined;
  const namespace = lookup('', 'namespaces', stringAt(object, 'metadata', 'namespace'));
  if (stringAt(namespace, 'metadata', 'labels', adminAccessLabel) === 'true') return undefined;
  return `admin access to devices requires the \`${adminAccessLabel}: true\` label on the containing namespace`;
}

export const resourceClaimRules: KindRules = {
  statusKeeps: 'metadata',
  admitCreate: (object, lookup) => admitAdmin(object, recordAt(object, 'spec'), lookup),
  defaults: (object) => defaultClaim(recordAt(object, 'spec')),
  validate: (object) => claimErrors(recordAt(object, 'spec'), 'spec'),
  validateUpdate: fixedSpec,
};

export const resourceClaimTemplateRules: KindRules = {
  admitCreate: (object, lookup) => admitAdmin(object, recordAt(object, 'spec', 'spec'), lookup),
  defaults: (object) => defaultClaim(recordAt(object, 'spec', 'spec')),
  validate: (object) => claimErrors(recordAt(object, 'spec', 'spec'), 'spec.spec'),
  validateUpdate: fixedSpec,
};

// ---- classes and slices --------------------------------------------------------------------------------------------

export const deviceClassRules: KindRules = { generation: true };

const places = ['nodeName', 'nodeSelector', 'allNodes', 'perDeviceNodeSelection'];

export const resourceSliceRules: KindRules = {
  generation: true,
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    const errors = driverErrors(stringAt(spec, 'driver'), 'spec.driver');
    if (stringAt(spec, 'pool', 'name') === '') errors.push(required('spec.pool.name'));
    if ((numberAt(spec, 'pool', 'resourceSliceCount') ?? 0) <= 0)
      errors.push(
        invalidValue(
          'spec.pool.resourceSliceCount',
          numberAt(spec, 'pool', 'resourceSliceCount') ?? 0,
          'must be greater than zero',
        ),
      );
    const given = places.filter((key) => spec[key] !== undefined && spec[key] !== '' && spec[key] !== false);
    const choice = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';
    if (given.length === 0) errors.push(required('spec', choice));
    else if (given.length > 1)
      errors.push(invalidValue('spec', `{${given.join(', ')}}`, `${choice}, but multiple fields are set`));
    const devices = recordsAt(spec, 'devices');
    if (devices.length > mostDevices) errors.push(tooMany('spec.devices', devices.length, mostDevices));
    return [...errors, ...uniqueNames(devices, 'spec.devices')];
  },
  validateUpdate: (object, previous) => {
    const [after, before] = [recordAt(object, 'spec'), recordAt(previous, 'spec')];
    return [['driver'], ['nodeName'], ['pool', 'name']]
      .filter((path) => stringAt(after, ...path) !== stringAt(before, ...path))
      .map((path) => immutable(`spec.${path.join('.')}`, stringAt(after, ...path)));
  },
};
