/** How the tables of roles are written down: a rule is three or four words lists. */
import type { PolicyRule } from '../rbac/rule.ts';

/** Sorted, as kubectl shows upstream's. */
const words = (text: string): readonly string[] => text.trim().split(/\s+/).sort();

/** `rule('get list', 'apps', 'deployments deployments/scale')`; the core group is `''`, among others it is written `core`. */
export function rule(verbs: string, groups: string, resources: string, names?: string): PolicyRule {
  return {
    verbs: words(verbs),
    apiGroups: groups === '' ? [''] : words(groups).map((group) => (group === 'core' ? '' : group)),
    resources: words(resources),
    ...(names === undefined ? {} : { resourceNames: words(names) }),
  };
}

export const paths = (...urls: readonly string[]): PolicyRule => ({ verbs: ['get'], nonResourceURLs: urls });

export const read = 'get list watch';
export const write = 'create delete deletecollection patch update';
export const events = rule('create patch update', 'core events.k8s.io', 'events');
