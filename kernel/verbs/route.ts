/** What a request path names (apiserver pkg/endpoints/request/requestinfo.go). */

export interface ResourceRoute {
  readonly kind: 'resource';
  readonly group: string;
  readonly version: string;
  /** Empty: cluster scope or all namespaces. */
  readonly namespace: string;
  readonly resource: string;
  readonly name: string;
  readonly subresource: string;
  /** The old `/api/v1/watch/...` form. */
  readonly legacyWatch: boolean;
}

export type Route = ResourceRoute | { readonly kind: 'path'; readonly path: string };

const namespaceSubresources = new Set(['status', 'finalize']);

export function parseRoute(path: string): Route {
  const segments = path
    .split('/')
    .filter((segment) => segment !== '')
    .map(decode);
  const other: Route = { kind: 'path', path };
  let group = '';
  let rest: string[];
  if (segments[0] === 'api') rest = segments.slice(1);
  else if (segments[0] === 'apis') {
    group = segments[1] ?? '';
    rest = segments.slice(2);
  } else return other;
  const [version, ...after] = rest;
  if (version === undefined || after.length === 0) return other;
  const legacyWatch = after[0] === 'watch';
  const parts = legacyWatch ? after.slice(1) : after;
  const base = { kind: 'resource', group, version, legacyWatch } as const;
  const [first = '', second = '', third] = parts;
  if (first === '') return other;
  if (first !== 'namespaces' || second === '' || (group !== '' && third === undefined)) {
    return { ...base, namespace: '', resource: first, name: second, subresource: parts.slice(2).join('/') };
  }
  if (third === undefined || namespaceSubresources.has(third)) {
    return { ...base, namespace: '', resource: first, name: second, subresource: parts.slice(2).join('/') };
  }
  return { ...base, namespace: second, resource: third, name: parts[3] ?? '', subresource: parts.slice(4).join('/') };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
