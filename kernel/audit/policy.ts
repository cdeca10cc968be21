/** What of which request is written down: audit.k8s.io/v1 Policy (apiserver pkg/audit/policy/{reader,checker}.go). */
import { arrayAt, isRecord, type JsonRecord, recordsAt, stringAt } from '../kinds/json.ts';

export const levels = ['None', 'Metadata', 'Request', 'RequestResponse'] as const;
export type Level = (typeof levels)[number];

export const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
export type Stage = (typeof stages)[number];

/** A request, as rules look at it. */
export interface AuditedRequest {
  readonly user: string;
  readonly groups: readonly string[];
  readonly verb: string;
  readonly target:
    | { readonly kind: 'path'; readonly path: string }
    | {
        readonly kind: 'resource';
        readonly group: string;
        readonly resource: string;
        readonly subresource: string;
        readonly namespace: string;
        readonly name: string;
      };
}

export interface Rule {
  readonly level: Level;
  readonly users: readonly string[];
  readonly userGroups: readonly string[];
  readonly verbs: readonly string[];
  readonly resources: readonly GroupResources[];
  readonly namespaces: readonly string[];
  readonly nonResourceURLs: readonly string[];
  readonly omitStages: readonly Stage[];
  readonly omitManagedFields: boolean | undefined;
}

export interface GroupResources {
  readonly group: string;
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
}

export interface Policy {
  readonly rules: readonly Rule[];
  readonly omitStages: readonly Stage[];
  readonly omitManagedFields: boolean;
}

/** How one request is written down. */
export interface Treatment {
  readonly level: Level;
  readonly omitStages: readonly Stage[];
  readonly omitManagedFields: boolean;
}

/** The first rule that fits says it; without one nothing is written. */
export function treatmentOf(policy: Policy, request: AuditedRequest): Treatment {
  const rule = policy.rules.find((candidate) => fits(candidate, request));
  return {
    level: rule?.level ?? 'None',
    omitStages: [...policy.omitStages, ...(rule?.omitStages ?? [])],
    omitManagedFields: rule?.omitManagedFields ?? policy.omitManagedFields,
  };
}

const isAmong = (list: readonly string[], value: string): boolean => list.length === 0 || list.includes(value);

function fits(rule: Rule, { user, groups, verb, target }: AuditedRequest): boolean {
  if (!isAmong(rule.users, user) || !isAmong(rule.verbs, verb)) return false;
  if (rule.userGroups.length > 0 && !rule.userGroups.some((group) => groups.includes(group))) return false;
  if (rule.namespaces.length > 0 || rule.resources.length > 0) {
    return target.kind === 'resource' && fitsResource(rule, target);
  }
  if (rule.nonResourceURLs.length === 0) return true;
  return target.kind === 'path' && rule.nonResourceURLs.some((pattern) => fitsPath(pattern, target.path));
}

function fitsResource(rule: Rule, target: Extract<AuditedRequest['target'], { readonly kind: 'resource' }>): boolean {
  if (!isAmong(rule.namespaces, target.namespace)) return false;
  if (rule.resources.length === 0) return true;
  const { resource, subresource } = target;
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  return rule.resources.some(({ group, resources, resourceNames }) => {
    if (group !== target.group) return false;
    if (resources.length === 0) return true;
    if (!isAmong(resourceNames, target.name)) return false;
    return resources.some(
      (pattern) =>
        pattern === whole ||
        pattern === '*' ||
        (subresource !== '' && (pattern === `*/${subresource}` || pattern === `${resource}/*`)),
    );
  });
}

function fitsPath(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true;
  return pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1));
}

/** Throws an Error whose message says what is wrong with the policy, and where. */
export function readPolicy(document: unknown): Policy {
  if (!isRecord(document)) throw new Error('it is no object');
  const { apiVersion, kind } = document;
  if (apiVersion !== 'audit.k8s.io/v1' || kind !== 'Policy') {
    throw new Error(`apiVersion has to be audit.k8s.io/v1 and kind Policy, not ${String(apiVersion)} ${String(kind)}`);
  }
  const rules = recordsAt(document, 'rules');
  if (rules.length === 0) throw new Error('rules: there has to be one at least, or nothing is ever written');
  return {
    rules: rules.map((rule, index) => readRule(rule, `rules[${index}]`)),
    omitStages: stagesOf(document, 'omitStages'),
    omitManagedFields: document.omitManagedFields === true,
  };
}

function readRule(rule: JsonRecord, at: string): Rule {
  const level = levels.find((known) => known === rule.level);
  if (level === undefined)
    throw new Error(`${at}.level: it is ${String(rule.level)} and has to be one of ${levels.join(', ')}`);
  const texts = (field: string): string[] => arrayAt(rule, field).map(String);
  const [resources, namespaces, nonResourceURLs] = [
    recordsAt(rule, 'resources'),
    texts('namespaces'),
    texts('nonResourceURLs'),
  ];
  if (nonResourceURLs.length > 0 && resources.length + namespaces.length > 0) {
    throw new Error(`${at}: a rule is about nonResourceURLs, or about resources and namespaces, not both`);
  }
  for (const path of nonResourceURLs) {
    if (path === '*' || (path.startsWith('/') && !path.slice(0, -1).includes('*'))) continue;
    throw new Error(`${at}.nonResourceURLs: "${path}" has to begin with / and may have a * only at its end`);
  }
  return {
    level,
    users: texts('users'),
    userGroups: texts('userGroups'),
    verbs: texts('verbs'),
    resources: resources.map((row, index) => readResources(row, `${at}.resources[${index}]`)),
    namespaces,
    nonResourceURLs,
    omitStages: stagesOf(rule, `${at}.omitStages`),
    omitManagedFields: typeof rule.omitManagedFields === 'boolean' ? rule.omitManagedFields : undefined,
  };
}

function readResources(row: JsonRecord, at: string): GroupResources {
  const group = stringAt(row, 'group');
  if (group.includes('/')) throw new Error(`${at}.group: "${group}" is a group with a version; it goes without`);
  const [resources, resourceNames] = [arrayAt(row, 'resources').map(String), arrayAt(row, 'resourceNames').map(String)];
  if (resourceNames.length > 0 && resources.length === 0) {
    throw new Error(`${at}.resourceNames: names need resources beside them`);
  }
  return { group, resources, resourceNames };
}

function stagesOf(of: JsonRecord, at: string): readonly Stage[] {
  return arrayAt(of, 'omitStages').map((given) => {
    const stage = stages.find((known) => known === given);
    if (stage === undefined) throw new Error(`${at}: ${String(given)} is no stage; there are ${stages.join(', ')}`);
    return stage;
  });
}
