/** ValidatingAdmissionPolicies and their bindings (kubernetes pkg/apis/admissionregistration). */
import { createRequire } from 'node:module';
import type { FieldError } from '../../wire/status.ts';
import { duplicateValue, forbiddenField, invalidValue, notSupported, required } from '../field-errors.ts';
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
import { label1035Problems, nameProblems, qualifiedNameProblems, subdomainProblems } from '../names.ts';
import { validateSelector } from '../rules/selector-validation.ts';
import {
  choice,
  conditionErrors,
  defaultMatchResources,
  failurePolicies,
  matchResourcesErrors,
} from './match-validation.ts';
import type { PolicyExpression } from './policy-expressions.ts';

const load = createRequire(import.meta.url);
const expressions = (): typeof import('./expressions.ts') => load('./expressions.ts');
const policyExpressions = (): typeof import('./policy-expressions.ts') => load('./policy-expressions.ts');

const mostAnnotations = 20;
const longestAnnotationBytes = 5 * 1024;
const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

export const policyRules: KindRules = {
  statusKeeps: 'metadata',
  generation: true,
  defaults: (object) => {
    const spec = ensureRecord(object, 'spec');
    setDefault(spec, 'failurePolicy', 'Fail');
    if (isRecord(spec.matchConstraints)) defaultMatchResources(spec.matchConstraints);
  },
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    return [
      ...choice(spec.failurePolicy, 'spec.failurePolicy', failurePolicies),
      ...paramKindErrors(spec.paramKind, 'spec.paramKind'),
      ...constraintErrors(spec, 'spec.matchConstraints'),
      ...conditionErrors(spec, 'spec.matchConditions', (text) =>
        expressions().conditionProblem(text, spec.paramKind !== undefined),
      ),
      ...expressionErrors(spec, stringAt(object, 'metadata', 'name')),
    ];
  },
};

function constraintErrors(spec: JsonRecord, at: string): FieldError[] {
  const match = spec.matchConstraints;
  if (!isRecord(match)) return [required(at)];
  const errors = matchResourcesErrors(match, at);
  return recordsAt(match, 'resourceRules').length > 0 ? errors : [...errors, required(`${at}.resourceRules`)];
}

function paramKindErrors(param: unknown, at: string): FieldError[] {
  if (!isRecord(param)) return [];
  const errors: FieldError[] = [];
  const [apiVersion, kind] = [stringAt(param, 'apiVersion'), stringAt(param, 'kind')];
  const parts = apiVersion.split('/');
  const [group = '', version = ''] = parts.length === 1 ? ['', apiVersion] : parts;
  const refuse = (field: string, value: string, detail: string): number =>
    errors.push(invalidValue(`${at}.${field}`, value, detail));
  if (apiVersion === '') errors.push(required(`${at}.apiVersion`));
  else if (parts.length > 2) refuse('apiVersion', apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
  else {
    const problems = group === '' ? [] : subdomainProblems(group);
    if (problems.length > 0) refuse('apiVersion', group, problems.join(','));
    if (version === '') refuse('apiVersion', apiVersion, 'version must be specified');
    else if (label1035Problems(version).length > 0) refuse('apiVersion', version, label1035Problems(version).join(','));
  }
  if (kind === '') errors.push(required(`${at}.kind`));
  else {
    const problems = label1035Problems(kind.toLowerCase());
    const detail = `may have mixed case, but should otherwise match: ${problems.join(',')}`;
    if (problems.length > 0) refuse('kind', kind, detail);
  }
  return errors;
}

const isBlank = (text: string): boolean => text.trim() === '';
const hasLineBreaks = (text: string): boolean => /[\n\r]/.test(text);

function expressionErrors(spec: JsonRecord, name: string): FieldError[] {
  const [validations, annotations] = [recordsAt(spec, 'validations'), recordsAt(spec, 'auditAnnotations')];
  const needsOne = 'validations or auditAnnotations must contain at least one item';
  if (validations.length === 0 && annotations.length === 0)
    return [required('spec.validations', needsOne), required('spec.auditAnnotations', needsOne)];
  const compiled = policyExpressions().compilePolicy(spec);
  return [
    ...variableErrors(spec, compiled.variables),
    ...validations.flatMap((validation, index) => {
      const { messageExpression, ...own } = compiled.validations[index] ?? { text: '', compiled: { problem: '' } };
      return validationErrors(validation, own, messageExpression, `spec.validations[${index}]`);
    }),
    ...annotationErrors(annotations, compiled.annotations, name),
  ];
}

function problemOf({ text, compiled }: PolicyExpression, at: string): FieldError[] {
  return 'problem' in compiled ? [invalidValue(at, text, compiled.problem)] : [];
}

function variableErrors(spec: JsonRecord, compiled: readonly PolicyExpression[]): FieldError[] {
  return recordsAt(spec, 'variables').flatMap((variable, index) => {
    const at = `spec.variables[${index}]`;
    const name = stringAt(variable, 'name');
    const errors: FieldError[] = [];
    if (isBlank(name)) errors.push(required(`${at}.name`, 'name is not specified'));
    else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) || reserved.has(name))
      errors.push(invalidValue(`${at}.name`, name, 'name is not a valid CEL identifier'));
    const own = compiled[index];
    if (isBlank(stringAt(variable, 'expression')))
      errors.push(required(`${at}.expression`, 'expression is not specified'));
    else if (own !== undefined) errors.push(...problemOf(own, `${at}.expression`));
    return errors;
  });
}

function validationErrors(
  validation: JsonRecord,
  own: PolicyExpression,
  messageExpression: PolicyExpression | undefined,
  at: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const [message, given] = [stringAt(validation, 'message'), stringAt(validation, 'messageExpression')];
  if (isBlank(own.text)) errors.push(required(`${at}.expression`, 'expression is not specified'));
  else errors.push(...problemOf(own, `${at}.expression`));
  if (given !== '' && isBlank(given))
    errors.push(invalidValue(`${at}.messageExpression`, given, 'must be non-empty if specified'));
  else if (messageExpression !== undefined) errors.push(...problemOf(messageExpression, `${at}.messageExpression`));
  if (message !== '' && isBlank(message))
    errors.push(invalidValue(`${at}.message`, message, 'message must be non-empty if specified'));
  else if (hasLineBreaks(message.trim()))
    errors.push(invalidValue(`${at}.message`, message, 'message must not contain line breaks'));
  const { reason } = validation;
  if (reason !== undefined && !reasons.includes(String(reason)))
    errors.push(notSupported(`${at}.reason`, reason, reasons));
  return errors;
}

function annotationErrors(
  annotations: readonly JsonRecord[],
  compiled: readonly PolicyExpression[],
  policy: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (annotations.length > mostAnnotations) {
    const detail = `must not have more than ${mostAnnotations} auditAnnotations`;
    errors.push(invalidValue('spec.auditAnnotations', annotations, detail));
  }
  const keys = annotations.map((annotation) => stringAt(annotation, 'key'));
  for (const [index, annotation] of annotations.entries()) {
    const at = `spec.auditAnnotations[${index}]`;
    const key = keys[index] ?? '';
    const whole = `${policy}/${key}`;
    errors.push(...qualifiedNameProblems(whole).map((problem) => invalidValue(`${at}.key`, whole, problem)));
    const text = stringAt(annotation, 'valueExpression').trim();
    const own = compiled[index];
    if (text === '') errors.push(required(`${at}.valueExpression`, 'valueExpression is not specified'));
    else if (Buffer.byteLength(text) > longestAnnotationBytes)
      errors.push(required(`${at}.valueExpression`, `must not exceed ${longestAnnotationBytes} bytes in length`));
    else if (own !== undefined) errors.push(...problemOf(own, `${at}.valueExpression`));
    if (keys.indexOf(key) < index) errors.push(duplicateValue(`${at}.key`, key));
  }
  return errors;
}

// ---- policies that change ------------------------------------------------------------------------------------------

const parts = { ApplyConfiguration: 'applyConfiguration', JSONPatch: 'jsonPatch' } as const;

export const mutatingPolicyRules: KindRules = {
  generation: true,
  defaults: (object) => {
    policyRules.defaults?.(object);
    setDefault(ensureRecord(object, 'spec'), 'reinvocationPolicy', 'Never');
  },
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    const mutations = recordsAt(spec, 'mutations');
    const compiled = policyExpressions().compilePolicy(spec);
    return [
      ...choice(spec.failurePolicy, 'spec.failurePolicy', failurePolicies),
      ...paramKindErrors(spec.paramKind, 'spec.paramKind'),
      ...constraintErrors(spec, 'spec.matchConstraints'),
      ...conditionErrors(spec, 'spec.matchConditions', (text) =>
        expressions().conditionProblem(text, spec.paramKind !== undefined),
      ),
      ...variableErrors(spec, compiled.variables),
      ...(mutations.length === 0 ? [required('spec.mutations', 'mutations must contain at least one item')] : []),
      ...mutations.flatMap((mutation, index) =>
        mutationErrors(mutation, compiled.mutations[index], `spec.mutations[${index}]`),
      ),
      ...choice(spec.reinvocationPolicy, 'spec.reinvocationPolicy', ['IfNeeded', 'Never']),
    ];
  },
};

function mutationErrors(mutation: JsonRecord, own: PolicyExpression | undefined, at: string): FieldError[] {
  const type = stringAt(mutation, 'patchType');
  if (type === '') return [required(`${at}.patchType`)];
  if (type !== 'ApplyConfiguration' && type !== 'JSONPatch')
    return [notSupported(`${at}.patchType`, type, Object.keys(parts))];
  const part = parts[type];
  const other = type === 'JSONPatch' ? parts.ApplyConfiguration : parts.JSONPatch;
  const errors: FieldError[] = [];
  if (mutation[other] !== undefined)
    errors.push(invalidValue(`${at}.${other}`, mutation[other], `must not be specified when patchType is ${type}`));
  if (!isRecord(mutation[part]))
    return [...errors, required(`${at}.${part}`, `must be specified when patchType is ${type}`)];
  if (isBlank(stringAt(mutation, part, 'expression')))
    return [...errors, required(`${at}.${part}.expression`, 'expression is not specified')];
  return own === undefined ? errors : [...errors, ...problemOf(own, `${at}.${part}.expression`)];
}

// ---- bindings ------------------------------------------------------------------------------------------------------

const actions = ['Audit', 'Deny', 'Warn'];

export const policyBindingRules: KindRules = {
  generation: true,
  defaults: (object) => {
    const { matchResources } = ensureRecord(object, 'spec');
    if (isRecord(matchResources)) defaultMatchResources(matchResources);
  },
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    return [...bindingErrors(spec), ...actionErrors(arrayAt(spec, 'validationActions').map(String))];
  },
};

export const mutatingPolicyBindingRules: KindRules = {
  ...policyBindingRules,
  validate: (object) => bindingErrors(recordAt(object, 'spec')),
};

function bindingErrors(spec: JsonRecord): FieldError[] {
  const name = stringAt(spec, 'policyName');
  return [
    ...(name === '' ? [required('spec.policyName')] : []),
    ...(name === '' ? [] : subdomainProblems(name).map((problem) => invalidValue('spec.policyName', name, problem))),
    ...paramErrors(spec.paramRef, 'spec.paramRef'),
    // Upstream's spelling of the path.
    ...(isRecord(spec.matchResources) ? matchResourcesErrors(spec.matchResources, 'spec.matchResouces') : []),
  ];
}

function paramErrors(param: unknown, at: string): FieldError[] {
  if (!isRecord(param)) return [];
  const errors: FieldError[] = [];
  const name = stringAt(param, 'name');
  const { selector } = param;
  const exclusive = 'name and selector are mutually exclusive';
  errors.push(...nameProblems('path-segment', name).map((problem) => invalidValue(`${at}.name`, name, problem)));
  if (name !== '' && isRecord(selector)) errors.push(forbiddenField(`${at}.name`, exclusive));
  if (isRecord(selector)) {
    errors.push(...validateSelector(selector, `${at}.selector`));
    if (name !== '') errors.push(forbiddenField(`${at}.selector`, exclusive));
  } else if (name === '') errors.push(required(at, 'one of name or selector must be specified'));
  const action = stringAt(param, 'parameterNotFoundAction');
  if (action === '') errors.push(required(`${at}.parameterNotFoundAction`));
  else errors.push(...choice(action, `${at}.parameterNotFoundAction`, ['Deny', 'Allow']));
  return errors;
}

function actionErrors(given: readonly string[]): FieldError[] {
  const at = 'spec.validationActions';
  const errors = given.flatMap((action, index) => [
    ...choice(action, `${at}[${index}]`, actions),
    ...(given.indexOf(action) < index ? [duplicateValue(`${at}[${index}]`, action)] : []),
  ]);
  if (given.includes('Deny') && given.includes('Warn')) {
    const detail =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
    errors.push(invalidValue(at, given, detail));
  }
  return given.length > 0 ? errors : [...errors, required(at, 'at least one validation action is required')];
}
