/** The words of a 403, as Kubernetes says them (apiserver pkg/endpoints/handlers/responsewriters/errors.go, Forbidden). */
import type { Identity, Status } from '@diatom/sdk/api';
import type { Attributes } from './access.ts';

/** `User "x" cannot list resource "pods" in API group "" in the namespace "default"` */
function forbiddenSentence(identity: Identity, attributes: Attributes): string {
  const user = `User ${JSON.stringify(identity.name)}`;
  if (attributes.kind === 'path') return `${user} cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}`;
  const resource = attributes.subresource ? `${attributes.resource}/${attributes.subresource}` : attributes.resource;
  const what = `${user} cannot ${attributes.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(attributes.group)}`;
  return attributes.namespace
    ? `${what} in the namespace ${JSON.stringify(attributes.namespace)}`
    : `${what} at the cluster scope`;
}

/** The whole Status; `reason` is the authoriser's own remark and follows the sentence after a colon. */
export function forbidden(identity: Identity, attributes: Attributes, reason = ''): Status {
  const sentence = forbiddenSentence(identity, attributes) + (reason === '' ? '' : `: ${reason}`);
  const failure = { apiVersion: 'v1', kind: 'Status', metadata: {}, status: 'Failure' } as const;
  if (attributes.kind === 'path') {
    return { ...failure, message: `forbidden: ${sentence}`, reason: 'Forbidden', details: {}, code: 403 };
  }
  const qualified = attributes.group === '' ? attributes.resource : `${attributes.resource}.${attributes.group}`;
  const subject = attributes.name ? `${qualified} ${JSON.stringify(attributes.name)}` : qualified;
  return {
    ...failure,
    message: `${subject} is forbidden: ${sentence}`,
    reason: 'Forbidden',
    details: {
      ...(attributes.name ? { name: attributes.name } : {}),
      ...(attributes.group === '' ? {} : { group: attributes.group }),
      kind: attributes.resource,
    },
    code: 403,
  };
}
