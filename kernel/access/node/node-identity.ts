/** Which node somebody is (kubernetes pkg/auth/nodeidentifier): a user `system:node:NAME` of the group system:nodes. */
import type { Identity } from '@diatom/sdk/api';

const prefix = 'system:node:';
const nodesGroup = 'system:nodes';

/** Undefined: no node at all. Empty: a node that does not say which. */
export function nodeOf({ name, groups }: Identity): string | undefined {
  return name.startsWith(prefix) && groups.includes(nodesGroup) ? name.slice(prefix.length) : undefined;
}
