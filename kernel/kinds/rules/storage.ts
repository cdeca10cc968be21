/** Volumes, claims, classes and what container storage interface drivers say of themselves (pkg/apis/{core,storage}). */
import type { FieldError } from '../../wire/status.ts';
import { duplicateValue, forbiddenField, immutable, invalidValue, notSupported, required } from '../field-errors.ts';
import {
  arrayAt,
  ensureRecord,
  isRecord,
  type JsonRecord,
  numberAt,
  recordAt,
  recordsAt,
  semanticallyEqual,
  setDefault,
  stringAt,
} from '../json.ts';
import type { KindRules } from '../kind.ts';
import { qualifiedNameProblems, subdomainProblems } from '../names.ts';
import { compareQuantities } from '../quantity.ts';
import { admitClaim, admitClaimUpdate } from './claim-admission.ts';
import { validateSelector } from './selector-validation.ts';

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const volumeModes = ['Block', 'Filesystem'];
const reclaimPolicies = ['Delete', 'Recycle', 'Retain'];
const positive = 'must be greater than zero';

function modeErrors(spec: JsonRecord, whenMissing: string): FieldError[] {
  const modes = arrayAt(spec, 'accessModes').map(String);
  const errors = modes.length === 0 ? [required('spec.accessModes', whenMissing)] : [];
  for (const mode of modes)
    if (!accessModes.includes(mode)) errors.push(notSupported('spec.accessModes', mode, accessModes));
  if (modes.includes('ReadWriteOncePod') && modes.length > 1) {
    const detail = 'may not use ReadWriteOncePod with other access modes';
    errors.push(forbiddenField('spec.accessModes', detail));
  }
  const mode = stringAt(spec, 'volumeMode');
  if (mode !== '' && !volumeModes.includes(mode)) errors.push(notSupported('spec.volumeMode', mode, volumeModes));
  return errors;
}

function classNameErrors(spec: JsonRecord): FieldError[] {
  const name = stringAt(spec, 'storageClassName');
  if (name === '') return [];
  return subdomainProblems(name).map((problem) => invalidValue('spec.storageClassName', name, problem));
}

/** Fields of a volume's spec that are no source of storage. */
const volumeFields: ReadonlySet<string> = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

const sourceOf = (object: JsonRecord): JsonRecord =>
  Object.fromEntries(Object.entries(recordAt(object, 'spec')).filter(([key]) => !volumeFields.has(key)));

export const persistentVolumeRules: KindRules = {
  defaults: (object) => {
    const spec = ensureRecord(object, 'spec');
    setDefault(spec, 'persistentVolumeReclaimPolicy', 'Retain');
    setDefault(spec, 'volumeMode', 'Filesystem');
    if (isRecord(spec.hostPath) && spec.hostPath.type === undefined) spec.hostPath.type = '';
  },
  prepareCreate: (object) => {
    object.status = { phase: 'Pending' };
  },
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    const errors = modeErrors(spec, '');
    const capacity = recordAt(spec, 'capacity');
    if (Object.keys(capacity).length === 0) errors.push(required('spec.capacity'));
    else if (capacity.storage === undefined || Object.keys(capacity).length > 1)
      errors.push(notSupported('spec.capacity', capacity, ['storage']));
    for (const [name, value] of Object.entries(capacity))
      if (compareQuantities(String(value), '0') <= 0)
        errors.push(invalidValue(`spec.capacity[${name}]`, value, positive));
    const policy = stringAt(spec, 'persistentVolumeReclaimPolicy');
    if (!reclaimPolicies.includes(policy))
      errors.push(notSupported('spec.persistentVolumeReclaimPolicy', policy, reclaimPolicies));
    const sources = Object.keys(sourceOf(object));
    if (sources.length === 0) errors.push(required('spec', 'must specify a volume type'));
    for (const extra of sources.slice(1))
      errors.push(forbiddenField(`spec.${extra}`, 'may not specify more than 1 volume type'));
    if (isRecord(spec.hostPath)) errors.push(...hostPathErrors(spec.hostPath, policy));
    return [...errors, ...classNameErrors(spec)];
  },
  validateUpdate: (object, previous) => {
    const errors: FieldError[] = [];
    if (!semanticallyEqual(sourceOf(object), sourceOf(previous)))
      errors.push(
        forbiddenField('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation'),
      );
    const [after, before] = [recordAt(object, 'spec'), recordAt(previous, 'spec')];
    if (before.volumeMode !== after.volumeMode) errors.push(immutable('spec.volumeMode', after.volumeMode));
    return errors;
  },
};

function hostPathErrors(source: JsonRecord, policy: string): FieldError[] {
  const path = stringAt(source, 'path');
  if (path === '') return [required('spec.hostPath.path')];
  const errors: FieldError[] = [];
  if (path.split('/').includes('..')) errors.push(invalidValue('spec.hostPath.path', path, "must not contain '..'"));
  if (path === '/' && policy === 'Recycle')
    errors.push(
      forbiddenField('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'"),
    );
  return errors;
}

/** What of a bound claim may still change. */
const claimMutable = ['resources', 'volumeAttributesClassName'];

function fixedClaim(object: JsonRecord): JsonRecord {
  const spec = { ...recordAt(object, 'spec') };
  for (const key of claimMutable) delete spec[key];
  return spec;
}

export const persistentVolumeClaimRules: KindRules = {
  admitCreate: admitClaim,
  admitUpdate: admitClaimUpdate,
  defaults: (object) => setDefault(ensureRecord(object, 'spec'), 'volumeMode', 'Filesystem'),
  prepareCreate: (object) => {
    object.status = { phase: 'Pending' };
  },
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    const errors = modeErrors(spec, 'at least 1 access mode is required');
    const { storage } = recordAt(spec, 'resources', 'requests');
    if (storage === undefined) errors.push(required('spec.resources[storage]'));
    else if (compareQuantities(String(storage), '0') <= 0)
      errors.push(invalidValue('spec.resources[storage]', storage, positive));
    if (isRecord(spec.selector)) errors.push(...validateSelector(spec.selector, 'spec.selector'));
    return [...errors, ...classNameErrors(spec)];
  },
  validateUpdate: (object, previous) => {
    const before = recordAt(previous, 'spec');
    const fixed = fixedClaim(previous);
    // The binder and, for claims without one, the class are filled in later.
    for (const key of ['volumeName', 'storageClassName'])
      if (stringAt(before, key) === '' && fixedClaim(object)[key] !== undefined) fixed[key] = fixedClaim(object)[key];
    const errors: FieldError[] = [];
    if (!semanticallyEqual(fixedClaim(object), fixed))
      errors.push(
        forbiddenField(
          'spec',
          'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
        ),
      );
    const storage = (claim: JsonRecord): string =>
      String(recordAt(claim, 'spec', 'resources', 'requests').storage ?? '0');
    const reached = String(recordAt(previous, 'status', 'capacity').storage ?? '0');
    if (compareQuantities(storage(object), storage(previous)) < 0 && compareQuantities(storage(object), reached) <= 0)
      errors.push(forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity'));
    return errors;
  },
};

function provisionerErrors(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)];
  return qualifiedNameProblems(name.toLowerCase()).map((problem) => invalidValue(field, name.toLowerCase(), problem));
}

export const storageClassRules: KindRules = {
  defaults: (object) => {
    setDefault(object, 'reclaimPolicy', 'Delete');
    setDefault(object, 'volumeBindingMode', 'Immediate');
  },
  validate: (object) => {
    const errors = provisionerErrors(stringAt(object, 'provisioner'), 'provisioner');
    const policy = stringAt(object, 'reclaimPolicy');
    const policies = ['Delete', 'Retain'];
    if (!policies.includes(policy)) errors.push(notSupported('reclaimPolicy', policy, policies));
    const mode = stringAt(object, 'volumeBindingMode');
    const modes = ['Immediate', 'WaitForFirstConsumer'];
    if (!modes.includes(mode)) errors.push(notSupported('volumeBindingMode', mode, modes));
    return errors;
  },
  validateUpdate: (object, previous) => {
    const errors = ['parameters', 'provisioner', 'reclaimPolicy']
      .filter((key) => !semanticallyEqual(object[key], previous[key]))
      .map((key) => forbiddenField(key, `updates to ${key} are forbidden.`));
    if (object.volumeBindingMode !== previous.volumeBindingMode)
      errors.push(immutable('volumeBindingMode', object.volumeBindingMode));
    return errors;
  },
};

function driverErrors(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)];
  const errors = subdomainProblems(name.toLowerCase()).map((problem) => invalidValue(field, name, problem));
  if (name.length > 63)
    errors.push({ reason: 'FieldValueTooLong', field, message: 'Too long: may not be more than 63 bytes' });
  return errors;
}

export const volumeAttachmentRules: KindRules = {
  statusKeeps: 'metadata',
  prepareCreate: (object) => {
    object.status = { attached: false };
  },
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    const errors = driverErrors(stringAt(spec, 'attacher'), 'spec.attacher');
    if (stringAt(spec, 'nodeName') === '') errors.push(required('spec.nodeName'));
    const { persistentVolumeName, inlineVolumeSpec } = recordAt(spec, 'source');
    if (persistentVolumeName === undefined && inlineVolumeSpec === undefined)
      errors.push(required('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'));
    else if (persistentVolumeName !== undefined && inlineVolumeSpec !== undefined)
      errors.push(
        forbiddenField('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'),
      );
    else if (persistentVolumeName === '')
      errors.push(required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName'));
    return errors;
  },
  validateUpdate: (object, previous) =>
    semanticallyEqual(object.spec, previous.spec) ? [] : [immutable('spec', object.spec)],
};

export const volumeAttributesClassRules: KindRules = {
  validate: (object) => {
    const errors = provisionerErrors(stringAt(object, 'driverName'), 'driverName');
    if (Object.keys(recordAt(object, 'parameters')).length === 0)
      errors.push(required('parameters', 'must contain at least one key/value pair'));
    return errors;
  },
  validateUpdate: (object, previous) =>
    ['driverName', 'parameters']
      .filter((key) => !semanticallyEqual(object[key], previous[key]))
      .map((key) => forbiddenField(key, `updates to ${key} are forbidden.`)),
};

const fileSystemPolicies = ['File', 'None', 'ReadWriteOnceWithFSType'];
const lifecycleModes = ['Ephemeral', 'Persistent'];

export const storageDriverRules: KindRules = {
  defaults: (object) => {
    const spec = ensureRecord(object, 'spec');
    setDefault(spec, 'attachRequired', true);
    for (const key of ['podInfoOnMount', 'storageCapacity', 'requiresRepublish', 'seLinuxMount'])
      setDefault(spec, key, false);
    setDefault(spec, 'fsGroupPolicy', 'ReadWriteOnceWithFSType');
    if (arrayAt(spec, 'volumeLifecycleModes').length === 0) spec.volumeLifecycleModes = ['Persistent'];
  },
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    const errors = driverErrors(stringAt(object, 'metadata', 'name'), 'metadata.name');
    const policy = stringAt(spec, 'fsGroupPolicy');
    if (!fileSystemPolicies.includes(policy))
      errors.push(notSupported('spec.fsGroupPolicy', policy, fileSystemPolicies));
    for (const mode of arrayAt(spec, 'volumeLifecycleModes'))
      if (!lifecycleModes.includes(String(mode)))
        errors.push(notSupported('spec.volumeLifecycleModes', mode, lifecycleModes));
    const audiences = new Set<string>();
    for (const [index, request] of recordsAt(spec, 'tokenRequests').entries()) {
      const at = `spec.tokenRequests[${index}]`;
      const audience = stringAt(request, 'audience');
      if (audiences.has(audience)) errors.push(duplicateValue(`${at}.audience`, audience));
      audiences.add(audience);
      const seconds = numberAt(request, 'expirationSeconds');
      if (seconds !== undefined && seconds < 600)
        errors.push(
          invalidValue(`${at}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'),
        );
    }
    return errors;
  },
  validateUpdate: (object, previous) => {
    const [after, before] = [recordAt(object, 'spec'), recordAt(previous, 'spec')];
    return ['attachRequired', 'volumeLifecycleModes']
      .filter((key) => !semanticallyEqual(after[key], before[key]))
      .map((key) => immutable(`spec.${key}`, after[key]));
  },
};

export const storageNodeRules: KindRules = {
  validate: (object) => {
    const errors: FieldError[] = [];
    const names = new Set<string>();
    for (const [index, driver] of recordsAt(object, 'spec', 'drivers').entries()) {
      const at = `spec.drivers[${index}]`;
      const name = stringAt(driver, 'name');
      errors.push(...driverErrors(name, `${at}.name`));
      if (names.has(name)) errors.push(duplicateValue(`${at}.name`, name));
      names.add(name);
      const node = stringAt(driver, 'nodeID');
      if (node === '') errors.push(required(`${at}.nodeID`));
      else if (node.length > 192) errors.push(invalidValue(`${at}.nodeID`, node, 'must be 192 characters or less'));
      const count = numberAt(recordAt(driver, 'allocatable'), 'count');
      if (count !== undefined && count < 0)
        errors.push(invalidValue(`${at}.allocatable.count`, count, 'must be greater than or equal to 0'));
      const keys = arrayAt(driver, 'topologyKeys').map(String);
      for (const key of keys)
        errors.push(...qualifiedNameProblems(key).map((problem) => invalidValue(`${at}.topologyKeys`, key, problem)));
      const repeated = keys.find((key, position) => keys.indexOf(key) !== position);
      if (repeated !== undefined) errors.push(duplicateValue(`${at}.topologyKeys`, repeated));
    }
    return errors;
  },
  validateUpdate: (object, previous) => {
    const before = new Map(recordsAt(previous, 'spec', 'drivers').map((driver) => [driver.name, driver]));
    return recordsAt(object, 'spec', 'drivers').flatMap((driver) => {
      const old = before.get(driver.name);
      const fixed = (value: JsonRecord): JsonRecord => ({ ...value, allocatable: undefined });
      return old === undefined || semanticallyEqual(fixed(old), fixed(driver))
        ? []
        : [invalidValue('CSINodeDriver', driver, 'field is immutable')];
    });
  },
};

export const storageCapacityRules: KindRules = {
  validate: (object) => {
    const name = stringAt(object, 'storageClassName');
    const errors =
      name === ''
        ? [required('storageClassName')]
        : subdomainProblems(name).map((problem) => invalidValue('storageClassName', name, problem));
    for (const key of ['capacity', 'maximumVolumeSize']) {
      const value = object[key];
      if (value !== undefined && compareQuantities(String(value), '0') < 0)
        errors.push(invalidValue(key, value, 'must be greater than or equal to 0'));
    }
    if (isRecord(object.nodeTopology)) errors.push(...validateSelector(object.nodeTopology, 'nodeTopology'));
    return errors;
  },
  validateUpdate: (object, previous) =>
    ['nodeTopology', 'storageClassName']
      .filter((key) => !semanticallyEqual(object[key], previous[key]))
      .map((key) => immutable(key, object[key])),
};
