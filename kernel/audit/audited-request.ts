/** From a request to what rules look at (apiserver pkg/endpoints/request/requestinfo.go). */
import type { ApiRequest, Identity } from '@diatom/sdk/api';
import { parseRoute } from '../verbs/route.ts';
import type { AuditedRequest } from './policy.ts';

const verbs: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

export function auditedRequest(
  { method, path }: ApiRequest,
  { name: user, groups }: Identity,
): { readonly audited: AuditedRequest; readonly apiVersion: string } {
  const mark = path.indexOf('?');
  const route = parseRoute(mark < 0 ? path : path.slice(0, mark));
  if (route.kind === 'path') {
    return { audited: { user, groups, verb: method.toLowerCase(), target: route }, apiVersion: '' };
  }
  const { group, version, resource, subresource, namespace, name, legacyWatch } = route;
  const isWatch = legacyWatch || (mark >= 0 && /[?&]watch=(true|1)(&|$)/.test(path));
  const verb = verbs[method] ?? '';
  const ofCollection = verb === 'get' ? 'list' : verb === 'delete' ? 'deletecollection' : verb;
  const target = { kind: 'resource', group, resource, subresource, namespace, name } as const;
  const isRead = verb === 'get' && subresource === '';
  return {
    audited: { user, groups, verb: isRead && isWatch ? 'watch' : name === '' ? ofCollection : verb, target },
    apiVersion: version,
  };
}
