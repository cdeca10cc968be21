/**
 * Impersonate-User, -Group, -Uid and -Extra-*: acting as somebody else, for those who may (Kubernetes authentication,
 * "User impersonation"; apiserver pkg/endpoints/filters/impersonation.go).
 */
import type { Identity } from '@diatom/sdk/api';
import { ApiError, badRequest } from '../../wire/status.ts';
import type { Authorizer, ResourceAttributes } from '../access.ts';
import { forbidden } from '../forbidden.ts';

const prefix = 'impersonate-';
const extraPrefix = 'impersonate-extra-';
const accountPrefix = 'system:serviceaccount:';

/** The identity to go on with: the caller's own without such headers. Throws 400 or 403. */
export function impersonate(
  authorizer: Authorizer,
  caller: Identity,
  headers: Readonly<Record<string, string>>,
): Identity {
  if (!Object.keys(headers).some((name) => name.startsWith(prefix))) return caller;
  const user = headers['impersonate-user'] ?? '';
  const uid = headers['impersonate-uid'] ?? '';
  const groups = values(headers['impersonate-group']);
  const extra = Object.entries(headers)
    .filter(([name]) => name.startsWith(extraPrefix))
    .map(([name, value]) => [unescapeKey(name.slice(extraPrefix.length)), values(value)] as const);
  if (user === '') throw badRequest('requested impersonation of a group, uid or extra without impersonating a user');

  const wanted: ResourceAttributes[] = [
    userAttributes(user),
    ...groups.map((name) => impersonation('', 'groups', name)),
    ...(uid === '' ? [] : [impersonation('authentication.k8s.io', 'uids', uid)]),
    ...extra.flatMap(([key, items]) =>
      items.map((item) => ({ ...impersonation('authentication.k8s.io', 'userextras', item), subresource: key })),
    ),
  ];
  for (const attributes of wanted) {
    const decision = authorizer.authorize(caller, attributes);
    if (!decision.allowed) throw new Refused(forbidden(caller, attributes, decision.reason));
  }
  return {
    name: user,
    groups: withImpliedGroups(user, groups),
    ...(uid === '' ? {} : { uid }),
    ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
}

class Refused extends ApiError {
  constructor({ message = '', details }: ReturnType<typeof forbidden>) {
    super(403, 'Forbidden', message, details);
  }
}

const impersonation = (group: string, resource: string, name: string): ResourceAttributes => ({
  kind: 'resource',
  verb: 'impersonate',
  group,
  resource,
  name,
});

function userAttributes(user: string): ResourceAttributes {
  const [namespace, name] = user.startsWith(accountPrefix) ? user.slice(accountPrefix.length).split(':') : [];
  if (namespace === undefined || name === undefined) return impersonation('', 'users', user);
  return { ...impersonation('', 'serviceaccounts', name), namespace };
}

function withImpliedGroups(user: string, groups: readonly string[]): readonly string[] {
  if (user === 'system:anonymous') return groups.length === 0 ? ['system:unauthenticated'] : groups;
  const [namespace] = user.startsWith(accountPrefix) ? user.slice(accountPrefix.length).split(':') : [];
  const implied =
    namespace !== undefined && groups.length === 0
      ? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
      : [];
  return [...new Set([...groups, ...implied, 'system:authenticated'])];
}

/** A header given several times reaches us joined by the transports with a newline, which no header value can contain. */
const values = (header: string | undefined): readonly string[] => (header === undefined ? [] : header.split('\n'));

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
