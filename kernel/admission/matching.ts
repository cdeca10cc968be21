/**
 * Which requests a webhook or policy is about (apiserver pkg/admission/plugin/webhook/predicates). Rules depend on the
 * kind, the subresource and the operation alone, so their outcome is worked out once for each; selectors look at objects.
 */
import { arrayAt, isRecord, type JsonRecord, recordAt, stringAt } from '../kinds/json.ts';
import type { Kind } from '../kinds/kind.ts';
import { matchesSelector } from '../kinds/label-selector.ts';
import { resourcePrefix } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import { notFound } from '../wire/status.ts';
import { type Attributes, isNamespace, namespaceOf, type Operation } from './attributes.ts';

interface Rule {
  readonly operations: readonly string[];
  readonly groups: readonly string[];
  readonly versions: readonly string[];
  readonly resources: readonly string[];
  readonly scope: string;
  /** Empty: all. */
  readonly names: readonly string[];
}

export interface Matching {
  readonly rules: readonly Rule[];
  readonly excluded: readonly Rule[];
  /** Equivalent: a rule for another version of the same resource counts, too. */
  readonly exact: boolean;
  readonly namespaceSelector: JsonRecord;
  readonly objectSelector: JsonRecord;
}

export function readMatching(
  owner: JsonRecord,
  rules: readonly JsonRecord[],
  excluded: readonly JsonRecord[],
): Matching {
  return {
    rules: rules.map(readRule),
    excluded: excluded.map(readRule),
    exact: owner.matchPolicy === 'Exact',
    namespaceSelector: recordAt(owner, 'namespaceSelector'),
    objectSelector: recordAt(owner, 'objectSelector'),
  };
}

const texts = (rule: JsonRecord, key: string): readonly string[] => arrayAt(rule, key).map(String);

function readRule(rule: JsonRecord): Rule {
  return {
    operations: texts(rule, 'operations'),
    groups: texts(rule, 'apiGroups'),
    versions: texts(rule, 'apiVersions'),
    resources: texts(rule, 'resources'),
    scope: stringAt(rule, 'scope') || '*',
    names: texts(rule, 'resourceNames'),
  };
}

const allows = (wanted: readonly string[], value: string): boolean => wanted.includes('*') || wanted.includes(value);

function matchesResource({ resources }: Rule, resource: string, subresource: string): boolean {
  return resources.some((text) => {
    const slash = text.indexOf('/');
    const [wanted, part] = slash < 0 ? [text, ''] : [text.slice(0, slash), text.slice(slash + 1)];
    return (wanted === '*' || wanted === resource) && (part === '*' || part === subresource);
  });
}

function matchesRule(rule: Rule, kind: Kind, subresource: string, operation: Operation): boolean {
  const isInNamespace = kind.namespaced && !isNamespace(kind);
  return (
    allows(rule.operations, operation) &&
    allows(rule.groups, kind.group) &&
    allows(rule.versions, kind.version) &&
    matchesResource(rule, kind.resource, subresource) &&
    (rule.scope === '*' || (rule.scope === 'Namespaced') === isInNamespace)
  );
}

/** Rules that some requests of this kind, subresource and operation meet. */
export interface RuleMatch {
  /** The version the rule is about: the request's own, or another one of the same resource. */
  readonly kind: Kind;
  /** Undefined: whatever its name is. */
  readonly names: ReadonlySet<string> | undefined;
  /** Rules for some names take these out again. */
  readonly excludedNames: ReadonlySet<string>;
}

/** `equivalents`: the request's kind first, then its other versions. */
export function matchRules(
  { rules, excluded, exact }: Matching,
  equivalents: readonly Kind[],
  subresource: string,
  operation: Operation,
): readonly RuleMatch[] {
  const kinds = exact ? equivalents.slice(0, 1) : equivalents;
  const met = (list: readonly Rule[], kind: Kind) =>
    list.filter((rule) => matchesRule(rule, kind, subresource, operation));
  const exclusions = kinds.flatMap((kind) => met(excluded, kind));
  if (exclusions.some(({ names }) => names.length === 0)) return [];
  const excludedNames = new Set(exclusions.flatMap(({ names }) => names));
  return kinds.flatMap((kind) => {
    const own = met(rules, kind);
    if (own.length === 0) return [];
    const all = own.some(({ names }) => names.length === 0);
    return [{ kind, names: all ? undefined : new Set(own.flatMap(({ names }) => names)), excludedNames }];
  });
}

/** Of a binding, which narrows: without rules it takes what the policy does. */
export function matchBinding(
  matching: Matching,
  equivalents: readonly Kind[],
  subresource: string,
  operation: Operation,
): readonly RuleMatch[] {
  const everything: Rule = {
    operations: ['*'],
    groups: ['*'],
    versions: ['*'],
    resources: ['*/*'],
    scope: '*',
    names: [],
  };
  const rules = matching.rules.length === 0 ? [everything] : matching.rules;
  return matchRules({ ...matching, rules }, equivalents, subresource, operation);
}

/** The first of the matches this request's name is in. */
export function matchName(matches: readonly RuleMatch[], name: string): RuleMatch | undefined {
  return matches.find(
    ({ names, excludedNames }) => !excludedNames.has(name) && (names === undefined || names.has(name)),
  );
}

const isEmpty = (selector: JsonRecord): boolean => Object.keys(selector).length === 0;

/** Throws the 404 of a namespace that is not there, when its labels are asked for. */
export function matchesSelectors(matching: Matching, attributes: Attributes, store: Store): boolean {
  return matchesNamespace(matching, attributes, store) && matchesObject(matching, attributes);
}

function matchesObject({ objectSelector }: Matching, { object, oldObject }: Attributes): boolean {
  if (isEmpty(objectSelector)) return true;
  return [object, oldObject].some(
    (candidate) =>
      candidate !== undefined && matchesSelector(objectSelector, recordAt(candidate, 'metadata', 'labels')),
  );
}

function matchesNamespace({ namespaceSelector }: Matching, attributes: Attributes, store: Store): boolean {
  const { kind, operation, subresource, object } = attributes;
  // What is in no namespace cannot be left out by one.
  if (isEmpty(namespaceSelector) || (!kind.namespaced && !isNamespace(kind))) return true;
  const isWrite = operation === 'CREATE' || operation === 'UPDATE';
  // A namespace that is being written has the labels it will have.
  const own = isNamespace(kind) && isWrite && subresource === '' ? object : undefined;
  const namespace = own ?? readNamespace(store, namespaceOf(attributes));
  return matchesSelector(namespaceSelector, recordAt(namespace, 'metadata', 'labels'));
}

export function readNamespace(store: Store, name: string): JsonRecord {
  const stored = store.get(resourcePrefix('', 'namespaces') + name);
  if (stored === undefined) throw notFound({ group: '', resource: 'namespaces' }, name);
  const namespace: unknown = JSON.parse(stored.value);
  return isRecord(namespace) ? namespace : {};
}
