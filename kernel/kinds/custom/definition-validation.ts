/** What a definition has to be (apiextensions-apiserver pkg/apis/apiextensions/validation/validation.go). */
import type { FieldError } from '../../wire/status.ts';
import { immutable, invalidValue, notSupported, required } from '../field-errors.ts';
import { arrayAt, isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../json.ts';
import { label1035Problems, subdomainProblems } from '../names.ts';
import { bundleProblem, clientBundle, conversionProblems } from './conversion-spec.ts';
import { approvalAnnotation, approvalOf, hasCondition } from './definition-status.ts';
import { hoist } from './hoisted.ts';
import { partsProblems } from './version-validation.ts';

export function definitionProblems(definition: JsonRecord): FieldError[] {
  const spec = recordAt(definition, 'spec');
  const names = recordAt(spec, 'names');
  const errors: FieldError[] = [];
  const [group, plural, name] = [
    stringAt(spec, 'group'),
    stringAt(names, 'plural'),
    stringAt(definition, 'metadata', 'name'),
  ];
  const generateName = stringAt(definition, 'metadata', 'generateName');
  for (const [key, value] of Object.entries({ generateName, name })) {
    if (value !== `${plural}.${group}` && (value !== '' || key === 'name'))
      errors.push(invalidValue(`metadata.${key}`, value, 'must be spec.names.plural+"."+spec.group'));
  }
  if (group === '') errors.push(required('spec.group'));
  else if (subdomainProblems(group).length > 0)
    errors.push(invalidValue('spec.group', group, subdomainProblems(group).join(',')));
  else if (!group.includes('.'))
    errors.push(invalidValue('spec.group', group, 'should be a domain with at least one dot'));
  const scopes = ['Cluster', 'Namespaced'];
  const scope = stringAt(spec, 'scope');
  if (scope === '') errors.push(required('spec.scope'));
  else if (!scopes.includes(scope)) errors.push(notSupported('spec.scope', scope, scopes));
  errors.push(...versionsProblems(spec));
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
  const errors = fixed
    .filter((path) => stringAt(spec, ...path) !== stringAt(before, ...path))
    .map((path) => immutable(`spec.${path.join('.')}`, stringAt(spec, ...path)));
  // Until it is established, and while it was wrong before, a bundle may be wrong: the condition tells.
  const [bundle, old] = [clientBundle(spec), clientBundle(before)];
  const mayBeWrong = !isEstablished || bundleProblem(old) !== undefined;
  const problem = mayBeWrong ? undefined : bundleProblem(bundle);
  if (problem !== undefined) errors.push(invalidValue('spec.conversion.webhookClientConfig.caBundle', bundle, problem));
  return errors;
}

function storedProblems(definition: JsonRecord): FieldError[] {
  const at = 'status.storedVersions';
  const stored = arrayAt(definition, 'status', 'storedVersions').map(String);
  const versions = recordsAt(definition, 'spec', 'versions');
  if (stored.length === 0) return [invalidValue(at, null, 'must have at least one stored version')];
  const names = versions.map((version) => stringAt(version, 'name'));
  const missing = names.filter((name, index) => versions[index]?.storage === true && !stored.includes(name));
  return [
    ...missing.map((name) => invalidValue(at, stored, `must have the storage version ${name}`)),
    ...stored.flatMap((version, index) => {
      if (names.includes(version)) return [];
      const detail = `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`;
      return [invalidValue(`${at}[${index}]`, version, detail)];
    }),
  ];
}

export function statusProblems(definition: JsonRecord): FieldError[] {
  return nameProblems(recordAt(definition, 'status', 'acceptedNames'), 'status.acceptedNames');
}

const requiredNames = ['plural', 'singular', 'kind', 'listKind'];

function nameProblems(names: JsonRecord, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of requiredNames) {
    const text = stringAt(names, key);
    const isKind = key === 'kind' || key === 'listKind';
    const problems = text === '' ? '' : label1035Problems(isKind ? text.toLowerCase() : text).join(',');
    if (problems === '') continue;
    const detail = isKind ? `may have mixed case, but should otherwise match: ${problems}` : problems;
    errors.push(invalidValue(`${at}.${key}`, text, detail));
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

const hasStatus = (parts: JsonRecord): boolean => isRecord(recordAt(parts, 'subresources').status);

function versionsProblems(spec: JsonRecord): FieldError[] {
  const { shared, versions } = hoist(recordsAt(spec, 'versions'));
  const names = versions.map((version) => stringAt(version, 'name'));
  const given = versions.length === 0 && !Array.isArray(spec.versions) ? null : names;
  const errors: FieldError[] = [];
  const refuse = (field: string, value: unknown, detail: string): number =>
    errors.push(invalidValue(field, value, detail));
  if (!isRecord(recordAt(shared, 'schema').openAPIV3Schema)) {
    for (const [index, version] of versions.entries())
      if (!isRecord(recordAt(version, 'schema').openAPIV3Schema))
        errors.push(required(`spec.versions[${index}].schema.openAPIV3Schema`));
  }
  for (const [index, version] of versions.entries()) {
    const at = `spec.versions[${index}]`;
    const name = names[index] ?? '';
    const problems = label1035Problems(name).join(',');
    if (problems !== '') refuse(`${at}.name`, name, problems);
    for (const detail of deprecationProblems(version))
      refuse(`${at}.deprecationWarning`, version.deprecationWarning, detail);
    errors.push(
      ...partsProblems(version, {
        at,
        schemaAt: `${at}.schema`,
        needsSchema: 'may only be set when `version.schema.openAPIV3Schema` is not included',
        hasStatus: versions.some((other) => other.subresources !== undefined) ? hasStatus(version) : hasStatus(shared),
      }),
    );
  }
  if (new Set(names).size < names.length) refuse('spec.versions', given, 'must contain unique version names');
  if (versions.filter((version) => version.storage === true).length !== 1)
    refuse('spec.versions', given, 'must have exactly one version marked as storage version');
  const [first = ''] = names;
  const problems = first === '' ? '' : label1035Problems(first).join(',');
  if (problems !== '') refuse('spec.version', first, problems);
  const declared = recordAt(spec, 'names');
  for (const key of requiredNames) if (stringAt(declared, key) === '') errors.push(required(`spec.names.${key}`));
  errors.push(...nameProblems(declared, 'spec.names'));
  const place = {
    at: 'spec',
    schemaAt: 'spec.validation',
    needsSchema: 'may only be set when validations.schema is included',
    hasStatus: [shared, ...versions].some(hasStatus),
  };
  return [...errors, ...partsProblems(shared, place)];
}

/** Upstream counts in bytes. */
const bytesOf = (text: string): number => Buffer.byteLength(text);

function deprecationProblems(version: JsonRecord): readonly string[] {
  const { deprecationWarning: warning } = version;
  if (warning === undefined) return [];
  if (version.deprecated !== true) return ['can only be set for deprecated versions'];
  const text = String(warning);
  const problems: string[] = [];
  if (bytesOf(text) > 256) problems.push('must be <= 256 characters long');
  if (text === '') problems.push('must not be an empty string');
  // Go's unicode.IsPrint: of all spaces only the plain one.
  const odd = text.search(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u);
  if (odd >= 0) {
    const place = bytesOf(text.slice(0, odd));
    problems.push(`must only contain printable UTF-8 characters; non-printable character found at index ${place}`);
  }
  return problems;
}
