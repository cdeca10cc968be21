/** One RBAC rule: what it allows, and whether one set of rules gives at least what another asks for. */
import type { Attributes } from '../access.ts';

/** rbac/v1 PolicyRule. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

/** kubernetes pkg/apis/rbac/v1/evaluation_helpers.go */
export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!matches(rule.verbs, attributes.verb)) return false;
  if (attributes.kind === 'path')
    return (rule.nonResourceURLs ?? []).some((pattern) => pathMatches(pattern, attributes.path));
  const { group, resource, subresource = '', name = '' } = attributes;
  return (
    matches(rule.apiGroups ?? [], group) && matchesResource(rule, resource, subresource) && matchesName(rule, name)
  );
}

const matches = (allowed: readonly string[], wanted: string): boolean =>
  allowed.includes('*') || allowed.includes(wanted);

function matchesResource({ resources = [] }: PolicyRule, resource: string, subresource: string): boolean {
  if (resources.includes('*')) return true;
  if (subresource === '') return resources.includes(resource);
  return resources.includes(`${resource}/${subresource}`) || resources.includes(`*/${subresource}`);
}

function matchesName({ resourceNames = [] }: PolicyRule, name: string): boolean {
  return resourceNames.length === 0 || resourceNames.includes(name);
}

function pathMatches(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true;
  return pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1));
}

/** The parts of `wanted` that no rule of `owned` covers, each with one verb, group and resource (or path). */
export function uncovered(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): readonly PolicyRule[] {
  return wanted.flatMap(atoms).filter((atom) => !owned.some((rule) => covers(rule, atom)));
}

function atoms(rule: PolicyRule): readonly PolicyRule[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const names: readonly (string | undefined)[] = resourceNames.length === 0 ? [undefined] : resourceNames;
  return verbs.flatMap((verb) => [
    ...apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        names.map((name) => ({
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          ...(name === undefined ? {} : { resourceNames: [name] }),
        })),
      ),
    ),
    ...nonResourceURLs.map((path) => ({ verbs: [verb], nonResourceURLs: [path] })),
  ]);
}

/** Whether one rule covers one atom. A wildcard in the atom is covered by the same wildcard only. */
function covers(rule: PolicyRule, atom: PolicyRule): boolean {
  const [verb = ''] = atom.verbs;
  if (!matches(rule.verbs, verb)) return false;
  const [path] = atom.nonResourceURLs ?? [];
  if (path !== undefined) return (rule.nonResourceURLs ?? []).some((pattern) => pathMatches(pattern, path));
  const [group = ''] = atom.apiGroups ?? [];
  const [combined = ''] = atom.resources ?? [];
  const slash = combined.indexOf('/');
  const resource = slash === -1 ? combined : combined.slice(0, slash);
  const subresource = slash === -1 ? '' : combined.slice(slash + 1);
  const [name] = atom.resourceNames ?? [];
  const namesCovered = (rule.resourceNames ?? []).length === 0 || (name !== undefined && matchesName(rule, name));
  return matches(rule.apiGroups ?? [], group) && matchesResource(rule, resource, subresource) && namesCovered;
}

/** As Kubernetes prints it: `{APIGroups:[""], Resources:["pods"], Verbs:["list"]}`, atoms of one resource joined. */
export function describeRules(rules: readonly PolicyRule[]): string {
  const verbsBySubject = new Map<string, string[]>();
  for (const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } of rules) {
    const subject = Object.entries({
      APIGroups: apiGroups,
      NonResourceURLs: nonResourceURLs,
      Resources: resources,
      ResourceNames: resourceNames,
    })
      .filter(([, values]) => values !== undefined)
      .map(([field, values]) => `${field}:[${(values ?? []).map((value) => JSON.stringify(value)).join(' ')}]`)
      .join(', ');
    const known = verbsBySubject.get(subject);
    if (known === undefined) verbsBySubject.set(subject, [...verbs]);
    else known.push(...verbs);
  }
  return [...verbsBySubject]
    .map(([subject, verbs]) => `{${subject}, Verbs:[${verbs.map((verb) => JSON.stringify(verb)).join(' ')}]}`)
    .sort()
    .join('\n');
}
