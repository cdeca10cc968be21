/** Rules of CustomResourceDefinitions themselves (apiextensions-apiserver pkg/apis/apiextensions/{v1/defaults.go,validation}). */
import type { FieldError } from '../../wire/status.ts';
import { duplicateValue, forbiddenField, immutable, invalidValue, notSupported, required } from '../field-errors.ts';
import {
  arrayAt,
  ensureRecord,
  isRecord,
  type JsonRecord,
  recordAt,
  recordsAt,
  setDefault,
  stringAt,
} from '../json.ts';
import type { KindRules } from '../kind.ts';
import { label1035Problems, subdomainProblems } from '../names.ts';
import { parseJsonPath } from './json-path.ts';
import { validateStructure } from './structure.ts';

export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

function defaults(object: JsonRecord): void {
  const spec = ensureRecord(object, 'spec');
  const names = ensureRecord(spec, 'names');
  const kind = stringAt(names, 'kind');
  setDefault(names, 'singular', kind.toLowerCase());
  setDefault(names, 'listKind', `${kind}List`);
  setDefault(ensureRecord(spec, 'conversion'), 'strategy', 'None');
}

function condition(type: string, reason: string, message: string, nowMs: number): JsonRecord {
  const lastTransitionTime = `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
  return { lastTransitionTime, message, reason, status: 'True', type };
}

/** Names are accepted at once: the store's key is the name, so no other definition can hold it. */
function establish(object: JsonRecord, nowMs: number): void {
  const spec = recordAt(object, 'spec');
  const status = ensureRecord(object, 'status');
  status.acceptedNames = spec.names;
  if (arrayAt(status, 'conditions').length === 0) {
    status.conditions = [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found', nowMs),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted', nowMs),
    ];
  }
  const storage = recordsAt(spec, 'versions').find((version) => version.storage === true);
  const stored = arrayAt(status, 'storedVersions').map(String);
  const name = stringAt(storage, 'name');
  status.storedVersions = name === '' || stored.includes(name) ? stored : [...stored, name];
}

function validate(object: JsonRecord): FieldError[] {
  const spec = recordAt(object, 'spec');
  const names = recordAt(spec, 'names');
  const errors: FieldError[] = [];
  const [group, plural, name] = [
    stringAt(spec, 'group'),
    stringAt(names, 'plural'),
    stringAt(object, 'metadata', 'name'),
  ];
  if (name !== `${plural}.${group}`)
    errors.push(invalidValue('metadata.name', name, 'must be spec.names.plural+"."+spec.group'));
  if (group === '') errors.push(required('spec.group'));
  else {
    errors.push(...subdomainProblems(group).map((problem) => invalidValue('spec.group', group, problem)));
    if (!group.includes('.'))
      errors.push(invalidValue('spec.group', group, 'should be a domain with at least one dot'));
  }
  const scopes = ['Cluster', 'Namespaced'];
  const scope = stringAt(spec, 'scope');
  if (scope === '') errors.push(required('spec.scope'));
  else if (!scopes.includes(scope)) errors.push(notSupported('spec.scope', scope, scopes));
  for (const key of ['plural', 'singular', 'kind', 'listKind']) {
    const text = stringAt(names, key);
    if (text === '') errors.push(required(`spec.names.${key}`));
    else
      errors.push(
        ...label1035Problems(text.toLowerCase()).map((problem) => invalidValue(`spec.names.${key}`, text, problem)),
      );
  }
  const strategy = stringAt(spec, 'conversion', 'strategy');
  if (strategy === 'Webhook') {
    errors.push(forbiddenField('spec.conversion.strategy', 'conversion webhooks are not served yet; use None'));
  } else if (strategy !== 'None') errors.push(notSupported('spec.conversion.strategy', strategy, ['None', 'Webhook']));
  errors.push(...validateVersions(recordsAt(spec, 'versions')));
  if (spec.preserveUnknownFields === true) {
    errors.push(
      invalidValue(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    );
  }
  return errors;
}

function validateVersions(versions: readonly JsonRecord[]): FieldError[] {
  const errors: FieldError[] = [];
  const names = versions.map((version) => stringAt(version, 'name'));
  if (versions.filter((version) => version.storage === true).length !== 1) {
    errors.push(invalidValue('spec.versions', names, 'must have exactly one version marked as storage version'));
  }
  for (const [index, version] of versions.entries()) {
    const at = `spec.versions[${index}]`;
    const name = names[index] ?? '';
    errors.push(...label1035Problems(name).map((problem) => invalidValue(`${at}.name`, name, problem)));
    if (names.indexOf(name) < index) errors.push(duplicateValue(`${at}.name`, name));
    const schema = recordAt(version, 'schema').openAPIV3Schema;
    if (schema === undefined) errors.push(required(`${at}.schema.openAPIV3Schema`, 'schemas are required'));
    else
      errors.push(...validateStructure(recordAt(version, 'schema', 'openAPIV3Schema'), `${at}.schema.openAPIV3Schema`));
    errors.push(...validateScale(recordAt(version, 'subresources').scale, `${at}.subresources.scale`));
    for (const [columnIndex, column] of recordsAt(version, 'additionalPrinterColumns').entries()) {
      const path = stringAt(column, 'jsonPath');
      if (path === '' || parseJsonPath(path) === undefined) {
        errors.push(
          invalidValue(`${at}.additionalPrinterColumns[${columnIndex}].jsonPath`, path, 'is an invalid path'),
        );
      }
    }
  }
  return errors;
}

function validateScale(scale: unknown, at: string): FieldError[] {
  if (!isRecord(scale)) return [];
  const errors: FieldError[] = [];
  const roots = {
    specReplicasPath: ['.spec.'],
    statusReplicasPath: ['.status.'],
    labelSelectorPath: ['.spec.', '.status.'],
  };
  for (const [key, starts] of Object.entries(roots)) {
    const path = stringAt(scale, key);
    if (path === '' && key === 'labelSelectorPath') continue;
    if (path === '') errors.push(required(`${at}.${key}`));
    else if (!/^(\.[A-Za-z][\w-]*)+$/.test(path) || !starts.some((start) => path.startsWith(start))) {
      errors.push(
        invalidValue(
          `${at}.${key}`,
          path,
          `should be a json path under ${starts.map((start) => start.slice(0, -1)).join(' or ')}`,
        ),
      );
    }
  }
  return errors;
}

export const customResourceDefinitionRules: KindRules = {
  generation: true,
  conditionalUpdate: true,
  deletionFinalizer: cleanupFinalizer,
  defaults,
  prepareCreate: (object, { nowMs }) => establish(object, nowMs),
  prepareUpdate: (object, _previous, { nowMs }) => establish(object, nowMs),
  beforeDelete: (object, { nowMs }) => {
    const status = ensureRecord(object, 'status');
    const message = 'CustomResource deletion is in progress';
    status.conditions = [
      ...arrayAt(status, 'conditions'),
      condition('Terminating', 'InstanceDeletionInProgress', message, nowMs),
    ];
  },
  validate,
  validateUpdate: (object, previous) => {
    const [spec, before] = [recordAt(object, 'spec'), recordAt(previous, 'spec')];
    const fixed: readonly (readonly string[])[] = [['group'], ['scope'], ['names', 'kind'], ['names', 'plural']];
    return fixed
      .filter((path) => stringAt(spec, ...path) !== stringAt(before, ...path))
      .map((path) => immutable(`spec.${path.join('.')}`, stringAt(spec, ...path)));
  },
};
