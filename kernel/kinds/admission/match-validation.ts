/** What webhooks and policies apply to, validated (kubernetes pkg/apis/admissionregistration/validation). */
import type { FieldError } from '../../wire/status.ts';
import { duplicateValue, invalidValue, notSupported, required, tooMany } from '../field-errors.ts';
import { arrayAt, isRecord, type JsonRecord, recordAt, recordsAt, setDefault, stringAt } from '../json.ts';
import { nameProblems, qualifiedNameProblems } from '../names.ts';
import { validateSelector } from '../rules/selector-validation.ts';

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const scopes = ['*', 'Cluster', 'Namespaced'];
const mostConditions = 64;

export const failurePolicies: readonly string[] = ['Fail', 'Ignore'];
const matchPolicies: readonly string[] = ['Equivalent', 'Exact'];

/** A value that has to be one of a few; an absent one is somebody else's business. */
export function choice(value: unknown, at: string, choices: readonly string[]): FieldError[] {
  return value === undefined || choices.includes(String(value)) ? [] : [notSupported(at, value, choices)];
}

export const matchPolicyErrors = (value: unknown, at: string): FieldError[] => choice(value, at, matchPolicies);

export function defaultRules(rules: readonly JsonRecord[]): void {
  for (const rule of rules) setDefault(rule, 'scope', '*');
}

function wildcardErrors(rule: JsonRecord, key: string, at: string, what: string): FieldError[] {
  const values = arrayAt(rule, key);
  if (values.length === 0) return [required(`${at}.${key}`)];
  if (values.length === 1 || !values.includes('*')) return [];
  return [invalidValue(`${at}.${key}`, values, `if '*' is present, must not specify other ${what}`)];
}

export function ruleErrors(rule: JsonRecord, at: string): FieldError[] {
  return [
    ...wildcardErrors(rule, 'operations', at, 'operations'),
    ...arrayAt(rule, 'operations').flatMap((operation, index) =>
      choice(operation, `${at}.operations[${index}]`, operations),
    ),
    ...wildcardErrors(rule, 'apiGroups', at, 'API groups'),
    ...wildcardErrors(rule, 'apiVersions', at, 'API versions'),
    ...arrayAt(rule, 'apiVersions').flatMap((version, index) =>
      version === '' ? [required(`${at}.apiVersions[${index}]`)] : [],
    ),
    ...resourceErrors(arrayAt(rule, 'resources').map(String), `${at}.resources`),
    ...choice(rule.scope, `${at}.scope`, scopes),
  ];
}

function resourceErrors(resources: readonly string[], at: string): FieldError[] {
  if (resources.length === 0) return [required(at)];
  const errors: FieldError[] = [];
  const wholeResources = new Set<string>();
  const wholeSubresources = new Set<string>();
  for (const [index, text] of resources.entries()) {
    const where = `${at}[${index}]`;
    if (text === '') errors.push(required(where));
    const slash = text.indexOf('/');
    if (slash < 0) continue;
    const [resource, subresource] = [text.slice(0, slash), text.slice(slash + 1)];
    const refuse = (present: string): number =>
      errors.push(invalidValue(where, text, `if '${present}' is present, must not specify ${text}`));
    if (wholeResources.has(resource)) refuse(`${resource}/*`);
    if (wholeSubresources.has(subresource)) refuse(`*/${subresource}`);
    if (subresource === '*') wholeResources.add(resource);
    if (resource === '*') wholeSubresources.add(subresource);
  }
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalidValue(at, resources, "if '*/*' is present, must not specify other resources"));
  if (resources.includes('*') && resources.some((text) => text !== '*' && text !== '' && !text.includes('/'))) {
    const detail = "if '*' is present, must not specify other resources without subresources";
    errors.push(invalidValue(at, resources, detail));
  }
  return errors;
}

/** The selectors of webhooks and of matchConstraints. */
export function selectorErrors(owner: JsonRecord, at: string): FieldError[] {
  return ['namespaceSelector', 'objectSelector'].flatMap((key) =>
    isRecord(owner[key]) ? validateSelector(owner[key], `${at}.${key}`) : [],
  );
}

/** `problem` says what is wrong with an expression. */
export function conditionErrors(
  owner: JsonRecord,
  at: string,
  problem: (expression: string) => string | undefined,
): FieldError[] {
  const conditions = recordsAt(owner, 'matchConditions');
  const errors: FieldError[] = [];
  if (conditions.length > mostConditions) errors.push(tooMany(at, conditions.length, mostConditions));
  const names = new Set<string>();
  for (const [index, condition] of conditions.entries()) {
    const where = `${at}[${index}]`;
    const [name, expression] = [stringAt(condition, 'name'), stringAt(condition, 'expression').trim()];
    const why = expression === '' ? undefined : problem(expression);
    if (expression === '') errors.push(required(`${where}.expression`));
    if (why !== undefined) errors.push(invalidValue(`${where}.expression`, expression, why));
    if (name === '') errors.push(required(`${where}.name`));
    else errors.push(...qualifiedNameProblems(name).map((text) => invalidValue(`${where}.name`, name, text)));
    if (names.has(name) && name !== '') errors.push(duplicateValue(`${where}.name`, name));
    names.add(name);
  }
  return errors;
}

export function defaultMatchResources(match: JsonRecord): void {
  setDefault(match, 'matchPolicy', 'Equivalent');
  for (const key of ['namespaceSelector', 'objectSelector']) if (!isRecord(match[key])) match[key] = {};
  defaultRules([...recordsAt(match, 'resourceRules'), ...recordsAt(match, 'excludeResourceRules')]);
}

/** MatchResources of policies and their bindings. */
export function matchResourcesErrors(match: JsonRecord, at: string): FieldError[] {
  return [
    ...matchPolicyErrors(match.matchPolicy, `${at}.matchPolicy`),
    ...selectorErrors(match, at),
    ...['resourceRules', 'excludeResourceRules'].flatMap((key) =>
      recordsAt(match, key).flatMap((rule, index) => namedRuleErrors(rule, `${at}.${key}[${index}]`)),
    ),
  ];
}

function namedRuleErrors(rule: JsonRecord, at: string): FieldError[] {
  const names = arrayAt(rule, 'resourceNames').map(String);
  return [
    ...names.flatMap((name, index) => {
      const where = `${at}.resourceNames[${index}]`;
      const problems = nameProblems('path-segment', name).map((problem) => invalidValue(where, name, problem));
      return names.indexOf(name) < index ? [...problems, duplicateValue(where, name)] : problems;
    }),
    ...ruleErrors(rule, at),
  ];
}

/** ClientConfig and the like stand deep: the record, for filling in. */
export const serviceOf = (webhook: JsonRecord): JsonRecord | undefined => {
  const { service } = recordAt(webhook, 'clientConfig');
  return isRecord(service) ? service : undefined;
};
