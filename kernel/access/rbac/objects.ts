/** What the authoriser reads out of stored roles and bindings. Malformed parts grant nothing. */
import type { PolicyRule } from './rule.ts';

export interface Role {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly rules: readonly PolicyRule[];
  /** Selectors of a ClusterRole's aggregationRule; empty: not aggregated. */
  readonly aggregates: readonly LabelSelector[];
}

export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values: readonly string[];
  }[];
}

export interface RoleReference {
  readonly kind: 'Role' | 'ClusterRole';
  readonly name: string;
}

export interface Binding {
  readonly kind: 'RoleBinding' | 'ClusterRoleBinding';
  readonly name: string;
  /** Empty for a ClusterRoleBinding. */
  readonly namespace: string;
  readonly role: RoleReference;
  /** `u:<user>` and `g:<group>`; service accounts are written as the user they are. */
  readonly subjects: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const texts = (value: unknown): readonly string[] => list(value).filter((item) => typeof item === 'string');
/** Without a prototype, or a label `constructor` would exist on everything. */
const textMap = (value: unknown): Readonly<Record<string, string>> =>
  Object.assign(
    Object.create(null),
    Object.fromEntries(Object.entries(record(value)).map(([key, item]) => [key, text(item)])),
  );

export function readRules(object: unknown): readonly PolicyRule[] {
  return list(record(object).rules).map((rule) => {
    const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } = record(rule);
    return {
      verbs: texts(verbs),
      apiGroups: texts(apiGroups),
      resources: texts(resources),
      resourceNames: texts(resourceNames),
      nonResourceURLs: texts(nonResourceURLs),
    };
  });
}

export function readRole(object: unknown): Role {
  const { metadata, aggregationRule } = record(object);
  const { name, labels } = record(metadata);
  const selectors = list(record(aggregationRule).clusterRoleSelectors);
  const aggregates = selectors.map((selector) => ({
    matchLabels: textMap(record(selector).matchLabels),
    matchExpressions: list(record(selector).matchExpressions).map((expression) => {
      const { key, operator, values } = record(expression);
      return { key: text(key), operator: text(operator), values: texts(values) };
    }),
  }));
  return { name: text(name), labels: textMap(labels), rules: readRules(object), aggregates };
}

export function readRoleReference(object: unknown): RoleReference {
  const { kind, name } = record(record(object).roleRef);
  return { kind: kind === 'Role' ? 'Role' : 'ClusterRole', name: text(name) };
}

export function readBinding(object: unknown): Binding {
  const { metadata, subjects } = record(object);
  const { name, namespace } = record(metadata);
  const owner = text(namespace);
  return {
    kind: owner === '' ? 'ClusterRoleBinding' : 'RoleBinding',
    name: text(name),
    namespace: owner,
    role: readRoleReference(object),
    subjects: list(subjects).flatMap((subject) => readSubject(record(subject), owner)),
  };
}

function readSubject({ kind, name, namespace }: Json, bindingNamespace: string): readonly string[] {
  switch (kind) {
    case 'User':
      return [`u:${text(name)}`];
    case 'Group':
      return [`g:${text(name)}`];
    case 'ServiceAccount':
      // A RoleBinding's subject without a namespace is in the binding's own.
      return [`u:system:serviceaccount:${text(namespace) || bindingNamespace}:${text(name)}`];
    default:
      return [];
  }
}

/** An empty selector matches everything (meta/v1 LabelSelector). */
export function selects(
  { matchLabels, matchExpressions }: LabelSelector,
  labels: Readonly<Record<string, string>>,
): boolean {
  const labelsMatch = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return (
    labelsMatch &&
    matchExpressions.every(({ key, operator, values }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          return false;
      }
    })
  );
}
