/** What a definition has to be (apiextensions-apiserver pkg/apis/apiextensions/validation/validation.go). */
import type { FieldError } from '../../wire/status.ts';
import {
  duplicateValue,
  forbiddenField,
  immutable,
  invalidValue,
  notSupported,
  required,
  tooMany,
} from '../field-errors.ts';
import { arrayAt, isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../json.ts';
import { label1035Problems, subdomainProblems } from '../names.ts';
import { conversionProblems } from './conversion-spec.ts';
import { defaultProblems } from './default-rules.ts';
import { approvalAnnotation, approvalOf, hasCondition } from './definition-status.ts';
import { parseFieldPath } from './field-path.ts';
import { schemaProblems } from './schema-rules.ts';
import { structuralProblems } from './structure.ts';

const mostSelectableFields = 8;

export function definitionProblems(definition: JsonRecord): FieldError[] {
  const spec = recordAt(definition, 'spec');
  const names = recordAt(spec, 'names');
  const errors: FieldError[] = [];
  const [group, plural, name] = [
    stringAt(spec, 'group'),
    stringAt(names, 'plural'),
    stringAt(definition, 'metadata', 'name'),
  ];
  if (name !== `${plural}.${group}`)
    errors.push(invalidValue('metadata.name', name, 'must be spec.names.plural+"."+spec.group'));
  if (group === '') errors.push(required('spec.group'));
  else if (subdomainProblems(group).length > 0)
    errors.push(invalidValue('spec.group', group, subdomainProblems(group).join(',')));
  else if (!group.includes('.'))
    errors.push(invalidValue('spec.group', group, 'should be a domain with at least one dot'));
  const scopes = ['Cluster', 'Namespaced'];
  const scope = stringAt(spec, 'scope');
  if (scope === '') errors.push(required('spec.scope'));
  else if (!scopes.includes(scope)) errors.push(notSupported('spec.scope', scope, scopes));
  errors.push(...versionsProblems(recordsAt(spec, 'versions')), ...nameProblems(names, 'spec.names'));
  errors.push(...conversionProblems(recordAt(spec, 'conversion')), ...storedProblems(definition));
  if (spec.preserveUnknownFields === true) {
    const detail =
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
    errors.push(invalidValue('spec.preserveUnknownFields', true, detail));
  }
  return errors;
}

/** Not asked again while it stays as it was. */
export function approvalProblems(definition: JsonRecord, previous: JsonRecord | undefined): FieldError[] {
  const approval = approvalOf(definition);
  if (approval === undefined || approval.state === 'approved' || approval.state === 'bypassed') return [];
  if (previous !== undefined && approvalOf(previous)?.state === approval.state) return [];
  const at = `metadata.annotations[${approvalAnnotation}]`;
  if (approval.state === 'missing') return [required(at, approval.reason)];
  return [invalidValue(at, recordAt(definition, 'metadata', 'annotations')[approvalAnnotation], approval.reason)];
}

export function definitionUpdateProblems(definition: JsonRecord, previous: JsonRecord): FieldError[] {
  const [spec, before] = [recordAt(definition, 'spec'), recordAt(previous, 'spec')];
  const isEstablished = hasCondition(previous, 'Established');
  const fixed: readonly (readonly string[])[] = [
    ...(isEstablished ? [['scope'], ['names', 'kind']] : []),
    ['group'],
    ['names', 'plural'],
  ];
  return fixed
    .filter((path) => stringAt(spec, ...path) !== stringAt(before, ...path))
    .map((path) => immutable(`spec.${path.join('.')}`, stringAt(spec, ...path)));
}

function storedProblems(definition: JsonRecord): FieldError[] {
  const at = 'status.storedVersions';
  const stored = arrayAt(definition, 'status', 'storedVersions').map(String);
  const versions = recordsAt(definition, 'spec', 'versions').map((version) => stringAt(version, 'name'));
  if (stored.length === 0) return [invalidValue(at, stored, 'must have at least one stored version')];
  return stored.flatMap((version, index) => {
    if (versions.includes(version)) return [];
    const detail = `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`;
    return [invalidValue(`${at}[${index}]`, version, detail)];
  });
}

function nameProblems(names: JsonRecord, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of ['plural', 'singular', 'kind', 'listKind']) {
    const text = stringAt(names, key);
    const isKind = key === 'kind' || key === 'listKind';
    const problems = label1035Problems(isKind ? text.toLowerCase() : text).join(',');
    if (text === '') errors.push(required(`${at}.${key}`));
    else if (problems !== '') {
      const detail = isKind ? `may have mixed case, but should otherwise match: ${problems}` : problems;
      errors.push(invalidValue(`${at}.${key}`, text, detail));
    }
  }
  for (const key of ['shortNames', 'categories']) {
    for (const [index, text] of arrayAt(names, key).map(String).entries()) {
      const problems = label1035Problems(text).join(',');
      if (problems !== '') errors.push(invalidValue(`${at}.${key}[${index}]`, text, problems));
    }
  }
  const kind = stringAt(names, 'kind');
  if (kind !== '' && kind === names.listKind)
    errors.push(invalidValue(`${at}.listKind`, kind, 'kind and listKind may not be the same'));
  return errors;
}

function versionsProblems(versions: readonly JsonRecord[]): FieldError[] {
  const errors: FieldError[] = [];
  const names = versions.map((version) => stringAt(version, 'name'));
  for (const [index, version] of versions.entries()) {
    const at = `spec.versions[${index}]`;
    const name = names[index] ?? '';
    const problems = label1035Problems(name).join(',');
    if (problems !== '') errors.push(invalidValue(`${at}.name`, name, problems));
    errors.push(...versionProblems(version, at));
  }
  if (new Set(names).size < names.length)
    errors.push(invalidValue('spec.versions', names, 'must contain unique version names'));
  if (versions.filter((version) => version.storage === true).length !== 1)
    errors.push(invalidValue('spec.versions', names, 'must have exactly one version marked as storage version'));
  return errors;
}

function versionProblems(version: JsonRecord, at: string): FieldError[] {
  const errors = deprecationProblems(version).map((detail) =>
    invalidValue(`${at}.deprecationWarning`, version.deprecationWarning, detail),
  );
  const schema = recordAt(version, 'schema').openAPIV3Schema;
  const schemaAt = `${at}.schema.openAPIV3Schema`;
  if (!isRecord(schema)) errors.push(required(schemaAt, 'schemas are required'));
  else errors.push(...wholeSchemaProblems(schema, schemaAt));
  errors.push(...scaleProblems(recordAt(version, 'subresources').scale, `${at}.subresources.scale`));
  for (const [index, column] of recordsAt(version, 'additionalPrinterColumns').entries())
    errors.push(...columnProblems(column, `${at}.additionalPrinterColumns[${index}]`));
  if (isRecord(schema)) errors.push(...selectableProblems(version, schema, `${at}.selectableFields`));
  return errors;
}

function wholeSchemaProblems(schema: JsonRecord, at: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (schema.nullable === true) errors.push(forbiddenField(`${at}.nullable`, 'nullable cannot be true at the root'));
  const structural = structuralProblems(schema, at);
  const defaults = structural.length > 0 ? [] : defaultProblems(schema, at);
  errors.push(...structural, ...defaults);
  return [...errors, ...schemaProblems(schema, at, structural.length + defaults.length === 0)];
}

function deprecationProblems(version: JsonRecord): readonly string[] {
  const { deprecationWarning: warning } = version;
  if (warning === undefined) return [];
  if (version.deprecated !== true) return ['can only be set for deprecated versions'];
  const text = String(warning);
  const problems: string[] = [];
  if (text.length > 256) problems.push('must be <= 256 characters long');
  if (text === '') problems.push('must not be an empty string');
  const odd = text.search(/[^\P{C}]/u);
  if (odd >= 0)
    problems.push(`must only contain printable UTF-8 characters; non-printable character found at index ${odd}`);
  return problems;
}

/** A path of names with dots. */
function simplePathProblem(path: string): string {
  if (path === '') return 'must not be empty';
  return path.startsWith('.') ? '' : 'must be a simple json path starting with .';
}

const scalePaths: readonly (readonly [key: string, roots: readonly string[], under: string])[] = [
  ['specReplicasPath', ['.spec.'], '.spec'],
  ['statusReplicasPath', ['.status.'], '.status'],
  ['labelSelectorPath', ['.spec.', '.status.'], 'either .spec or .status'],
];

function scaleProblems(scale: unknown, at: string): FieldError[] {
  if (!isRecord(scale)) return [];
  return scalePaths.flatMap(([key, roots, under]) => {
    const path = stringAt(scale, key);
    if (path === '') return key === 'labelSelectorPath' ? [] : [required(`${at}.${key}`)];
    const problem = simplePathProblem(path);
    if (problem !== '') return [invalidValue(`${at}.${key}`, path, problem)];
    const isUnder = roots.some((root) => path.startsWith(root));
    return isUnder ? [] : [invalidValue(`${at}.${key}`, path, `should be a json path under ${under}`)];
  });
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

function columnProblems(column: JsonRecord, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const [name, type, format, path] = [
    stringAt(column, 'name'),
    stringAt(column, 'type'),
    stringAt(column, 'format'),
    stringAt(column, 'jsonPath'),
  ];
  const oneOf = (choices: readonly string[]): string => `must be one of ${choices.join(',')}`;
  if (name === '') errors.push(required(`${at}.name`));
  if (type === '') errors.push(required(`${at}.type`, oneOf(columnTypes)));
  else if (!columnTypes.includes(type)) errors.push(invalidValue(`${at}.type`, type, oneOf(columnTypes)));
  if (format !== '' && !columnFormats.includes(format))
    errors.push(invalidValue(`${at}.format`, format, oneOf(columnFormats)));
  const problem = simplePathProblem(path);
  if (path === '') errors.push(required(`${at}.JSONPath`));
  else if (problem !== '') errors.push(invalidValue(`${at}.JSONPath`, path, problem));
  return errors;
}

const selectableTypes = new Set(['string', 'boolean', 'integer']);

function selectableProblems(version: JsonRecord, schema: JsonRecord, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, field] of recordsAt(version, 'selectableFields').entries()) {
    const where = `${at}[${index}].jsonPath`;
    const text = stringAt(field, 'jsonPath');
    if (text === '') {
      errors.push(required(where));
      continue;
    }
    const path = parseFieldPath(text, schema, false);
    if (typeof path === 'string') {
      errors.push(invalidValue(where, text, `is an invalid path: ${path}`));
      continue;
    }
    if (path.properties[0] === 'metadata')
      errors.push(invalidValue(where, text, 'must not point to fields in metadata'));
    if (!selectableTypes.has(stringAt(path.schema, 'type'))) {
      const detail =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
      errors.push(invalidValue(where, text, detail));
    }
    if (seen.has(path.text)) errors.push(duplicateValue(where, text));
    seen.add(path.text);
  }
  return seen.size > mostSelectableFields ? [...errors, tooMany(at, seen.size, mostSelectableFields)] : errors;
}
