/** Volumes of pods and where containers mount them (pkg/apis/core/validation/validation.go, ValidateVolumes). */
import type { FieldError } from '../../wire/status.ts';
import { duplicateValue, forbiddenField, invalidValue, notSupported, quote, required } from '../field-errors.ts';
import { isRecord, type JsonRecord, numberAt, recordsAt, stringAt } from '../json.ts';
import { labelProblems } from '../names.ts';
import { compareQuantities } from '../quantity.ts';
import { validateFieldReference } from './pod-validation.ts';

const fileModeRange = 'must be a number between 0 and 0777 (octal), both inclusive';
const mostFileMode = 0o777;
const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

/** Fields a source of each kind must have. */
const requiredFields: Readonly<Record<string, readonly string[]>> = {
  hostPath: ['path'],
  secret: ['secretName'],
  configMap: ['name'],
  persistentVolumeClaim: ['claimName'],
  nfs: ['server', 'path'],
  csi: ['driver'],
  iscsi: ['targetPortal', 'iqn'],
  glusterfs: ['endpoints', 'path'],
  cephfs: ['monitors'],
  rbd: ['image'],
  azureFile: ['secretName', 'shareName'],
};

export function validateVolumes(
  volumes: readonly JsonRecord[],
  path: string,
  errors: FieldError[],
): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [index, volume] of volumes.entries()) {
    const at = `${path}[${index}]`;
    const name = stringAt(volume, 'name');
    if (name === '') errors.push(required(`${at}.name`));
    else errors.push(...labelProblems(name).map((problem) => invalidValue(`${at}.name`, name, problem)));
    if (names.has(name)) errors.push(duplicateValue(`${at}.name`, name));
    names.add(name);
    const sources = Object.keys(volume).filter((key) => key !== 'name');
    for (const extra of sources.slice(1))
      errors.push(forbiddenField(`${at}.${extra}`, 'may not specify more than 1 volume type'));
    for (const source of sources) {
      const value = volume[source];
      if (isRecord(value)) errors.push(...sourceErrors(source, value, `${at}.${source}`));
    }
  }
  return names;
}

function sourceErrors(kind: string, source: JsonRecord, at: string): FieldError[] {
  const errors = (requiredFields[kind] ?? [])
    .filter((key) => source[key] === undefined || source[key] === '')
    .map((key) => required(`${at}.${key}`));
  const mode = numberAt(source, 'defaultMode');
  if (mode !== undefined && (mode < 0 || mode > mostFileMode))
    errors.push(invalidValue(`${at}.defaultMode`, mode, fileModeRange));
  switch (kind) {
    case 'hostPath': {
      const [path, type] = [stringAt(source, 'path'), stringAt(source, 'type')];
      if (path.split('/').includes('..')) errors.push(invalidValue(`${at}.path`, path, "must not contain '..'"));
      if (!hostPathTypes.includes(type)) errors.push(notSupported(`${at}.type`, type, hostPathTypes));
      break;
    }
    case 'emptyDir': {
      const limit = source.sizeLimit;
      if (limit !== undefined && compareQuantities(String(limit), '0') < 0)
        errors.push(forbiddenField(`${at}.sizeLimit`, 'SizeLimit field must be a valid resource quantity'));
      break;
    }
    case 'nfs': {
      const path = stringAt(source, 'path');
      if (path !== '' && !path.startsWith('/'))
        errors.push(invalidValue(`${at}.path`, path, 'must be an absolute path'));
      break;
    }
    case 'secret':
    case 'configMap':
      errors.push(...itemErrors(source, at));
      break;
    case 'downwardAPI':
      errors.push(...downwardErrors(source, at));
      break;
    case 'projected':
      errors.push(...projectedErrors(source, at));
  }
  return errors;
}

/** A path inside a volume stays inside it. */
function localPathErrors(path: string, at: string): FieldError[] {
  if (path.startsWith('/')) return [invalidValue(at, path, 'must be a relative path')];
  if (path.split('/').includes('..')) return [invalidValue(at, path, "must not contain '..'")];
  return path.startsWith('..') ? [invalidValue(at, path, "must not start with '..'")] : [];
}

function itemErrors(source: JsonRecord, at: string): FieldError[] {
  return recordsAt(source, 'items').flatMap((item, index) => {
    const where = `${at}.items[${index}]`;
    const errors = ['key', 'path']
      .filter((key) => stringAt(item, key) === '')
      .map((key) => required(`${where}.${key}`));
    const mode = numberAt(item, 'mode');
    if (mode !== undefined && (mode < 0 || mode > mostFileMode))
      errors.push(invalidValue(`${where}.mode`, mode, fileModeRange));
    return [...errors, ...localPathErrors(stringAt(item, 'path'), `${where}.path`)];
  });
}

function downwardErrors(source: JsonRecord, at: string): FieldError[] {
  return recordsAt(source, 'items').flatMap((item, index) => {
    const where = `${at}.items[${index}]`;
    const errors: FieldError[] = [];
    const path = stringAt(item, 'path');
    if (path === '') errors.push(required(`${where}.path`));
    errors.push(...localPathErrors(path, `${where}.path`));
    const [field, resource] = [isRecord(item.fieldRef), isRecord(item.resourceFieldRef)];
    if (field && resource)
      errors.push(invalidValue(where, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
    else if (!field && !resource) errors.push(required(where, 'one of fieldRef and resourceFieldRef is required'));
    if (field) validateFieldReference(item.fieldRef, `${where}.fieldRef`, errors, 'volume');
    return errors;
  });
}

const shortestTokenSeconds = 600;

function projectedErrors(source: JsonRecord, at: string): FieldError[] {
  return recordsAt(source, 'sources').flatMap((each, index) => {
    const where = `${at}.sources[${index}]`;
    const kinds = Object.keys(each);
    const errors = kinds
      .slice(1)
      .map((kind) => forbiddenField(`${where}.${kind}`, 'may not specify more than 1 volume type per source'));
    if (kinds.length === 0) errors.push(required(where, 'must specify exactly one projection type'));
    for (const kind of ['secret', 'configMap']) {
      const projection = each[kind];
      if (!isRecord(projection)) continue;
      if (stringAt(projection, 'name') === '') errors.push(required(`${where}.${kind}.name`));
      errors.push(...itemErrors(projection, `${where}.${kind}`));
    }
    if (isRecord(each.downwardAPI)) errors.push(...downwardErrors(each.downwardAPI, `${where}.downwardAPI`));
    const token = each.serviceAccountToken;
    if (!isRecord(token)) return errors;
    const seconds = numberAt(token, 'expirationSeconds') ?? 0;
    if (seconds < shortestTokenSeconds)
      errors.push(
        invalidValue(
          `${where}.serviceAccountToken.expirationSeconds`,
          seconds,
          'may not specify a duration less than 10 minutes',
        ),
      );
    if (stringAt(token, 'path') === '') errors.push(required(`${where}.serviceAccountToken.path`));
    return errors;
  });
}

const propagations = ['Bidirectional', 'HostToContainer', 'None'];

export function validateMounts(
  mounts: readonly JsonRecord[],
  path: string,
  volumes: ReadonlySet<string>,
  errors: FieldError[],
): void {
  const paths = new Set<string>();
  for (const [index, mount] of mounts.entries()) {
    const at = `${path}[${index}]`;
    const name = stringAt(mount, 'name');
    if (name === '') errors.push(required(`${at}.name`));
    else if (!volumes.has(name)) {
      errors.push({ reason: 'FieldValueNotFound', field: `${at}.name`, message: `Not found: ${quote(name)}` });
    }
    const mountPath = stringAt(mount, 'mountPath');
    if (mountPath === '') errors.push(required(`${at}.mountPath`));
    if (paths.has(mountPath)) errors.push(invalidValue(`${at}.mountPath`, mountPath, 'must be unique'));
    paths.add(mountPath);
    const [subPath, expression] = [stringAt(mount, 'subPath'), stringAt(mount, 'subPathExpr')];
    errors.push(...localPathErrors(subPath, `${at}.subPath`), ...localPathErrors(expression, `${at}.subPathExpr`));
    if (subPath !== '' && expression !== '')
      errors.push(invalidValue(`${at}.subPathExpr`, expression, 'subPathExpr and subPath are mutually exclusive'));
    const propagation = stringAt(mount, 'mountPropagation');
    if (propagation !== '' && !propagations.includes(propagation))
      errors.push(notSupported(`${at}.mountPropagation`, propagation, propagations));
  }
}
