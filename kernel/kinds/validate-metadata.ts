/** Rules of metadata that hold for every kind (apimachinery pkg/api/validation/objectmeta.go). */
import type { FieldError } from '../wire/status.ts';
import { forbiddenField, immutable, invalidValue, required, tooLong } from './field-errors.ts';
import { arrayAt, deepEqual, type JsonRecord, recordAt, recordsAt, stringAt } from './json.ts';
import type { Kind } from './kind.ts';
import { labelValueProblems, nameProblems, qualifiedNameProblems } from './names.ts';

const annotationLimitBytes = 256 * 1024;

export function validateLabels(labels: JsonRecord, field: string): readonly FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...qualifiedNameProblems(key).map((problem) => invalidValue(field, key, problem)),
    ...labelValueProblems(String(value)).map((problem) => invalidValue(field, value, problem)),
  ]);
}

export function validateMetadata(kind: Pick<Kind, 'rules' | 'nature'>, object: JsonRecord): readonly FieldError[] {
  const metadata = recordAt(object, 'metadata');
  const errors: FieldError[] = [];
  const form = kind.rules.name ?? 'subdomain';
  const base = stringAt(metadata, 'generateName');
  // What follows the dash at its end is made up later (api/validation/generic.go, maskTrailingDash).
  if (base !== '')
    for (const problem of nameProblems(form, base.replace(/(?<=.)-$/, 'a')))
      errors.push(invalidValue('metadata.generateName', base, problem));
  const name = stringAt(metadata, 'name');
  if (name === '') errors.push(required('metadata.name', 'name or generateName is required'));
  else {
    errors.push(...nameProblems(form, name).map((problem) => invalidValue('metadata.name', name, problem)));
  }
  errors.push(...validateLabels(recordAt(metadata, 'labels'), 'metadata.labels'));
  errors.push(...validateAnnotations(recordAt(metadata, 'annotations')));
  errors.push(...validateOwners(metadata));
  const finalizers = arrayAt(metadata, 'finalizers');
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    const detail = 'finalizer orphan and foregroundDeletion cannot be both set';
    errors.push(invalidValue('metadata.finalizers', finalizers, detail));
  }
  for (const finalizer of finalizers) {
    const text = String(finalizer);
    const problems = qualifiedNameProblems(text);
    errors.push(...problems.map((problem) => invalidValue('metadata.finalizers', text, problem)));
    // Upstream asks this of its own kinds alone (pkg/apis/core/validation, validateKubeFinalizerName).
    const isPlain = kind.nature === 'built-in' && !text.includes('/');
    if (problems.length === 0 && isPlain && !standardFinalizers.has(text)) {
      errors.push(
        invalidValue(
          'metadata.finalizers',
          text,
          'name is neither a standard finalizer name nor is it fully qualified',
        ),
      );
    }
  }
  return errors;
}

const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

function validateAnnotations(annotations: JsonRecord): readonly FieldError[] {
  const errors = Object.keys(annotations).flatMap((key) =>
    qualifiedNameProblems(key.toLowerCase()).map((problem) => invalidValue('metadata.annotations', key, problem)),
  );
  const size = Object.entries(annotations).reduce((sum, [key, value]) => sum + key.length + String(value).length, 0);
  if (size > annotationLimitBytes) {
    errors.push(tooLong('metadata.annotations', `may not be more than ${annotationLimitBytes} bytes`));
  }
  return errors;
}

const ownerKeys = ['apiVersion', 'kind', 'name', 'uid', 'controller', 'blockOwnerDeletion'];

/** As Go writes them. */
const shownOwner = (owner: JsonRecord): JsonRecord =>
  Object.fromEntries(ownerKeys.filter((key) => owner[key] !== undefined).map((key) => [key, owner[key]]));

function validateOwners(metadata: JsonRecord): readonly FieldError[] {
  const errors: FieldError[] = [];
  const owners = recordsAt(metadata, 'ownerReferences');
  const field = 'metadata.ownerReferences';
  let controller = '';
  for (const owner of owners) {
    const [apiVersion, kind] = [stringAt(owner, 'apiVersion'), stringAt(owner, 'kind')];
    const parts = apiVersion.split('/');
    if (parts.length > 2 || parts.at(-1) === '')
      errors.push(invalidValue(`${field}.apiVersion`, apiVersion, 'version must not be empty'));
    for (const key of ['kind', 'name', 'uid'])
      if (stringAt(owner, key) === '') errors.push(invalidValue(`${field}.${key}`, '', 'must not be empty'));
    if (apiVersion === 'v1' && kind === 'Event')
      errors.push(invalidValue(field, shownOwner(owner), '/v1, Kind=Event is disallowed from being an owner'));
    if (owner.controller !== true) continue;
    const name = `${kind}/${stringAt(owner, 'name')}`;
    if (controller === '') controller = name;
    else {
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      errors.push(invalidValue(field, owners.map(shownOwner), detail));
    }
  }
  return errors;
}

export function validateMetadataUpdate(object: JsonRecord, previous: JsonRecord): readonly FieldError[] {
  const metadata = recordAt(object, 'metadata');
  const before = recordAt(previous, 'metadata');
  const errors: FieldError[] = [];
  for (const key of ['name', 'namespace', 'uid', 'creationTimestamp']) {
    if (!deepEqual(metadata[key], before[key])) errors.push(immutable(`metadata.${key}`, metadata[key] ?? ''));
  }
  if (before.deletionTimestamp !== undefined) {
    const known = arrayAt(before, 'finalizers');
    const added = arrayAt(metadata, 'finalizers').filter((finalizer) => !known.includes(finalizer));
    if (added.length > 0) {
      const list = added.map((item) => JSON.stringify(item)).join(', ');
      const detail = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
      errors.push(forbiddenField('metadata.finalizers', detail));
    }
  }
  return errors;
}
