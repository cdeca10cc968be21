/**
 * What a request is counted as (apiserver pkg/endpoints/metrics/metrics.go, RecordRequest*). Names of objects are no part
 * of it, so the number of series is bounded by the API, not by its content.
 */
import type { ApiRequest } from '@diatom/sdk/api';

export interface RequestLabels {
  readonly verb: string;
  readonly dry_run: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly scope: string;
}

const verbs: Readonly<Record<string, string>> = {
  GET: 'GET',
  HEAD: 'GET',
  POST: 'POST',
  PUT: 'PUT',
  PATCH: 'PATCH',
  DELETE: 'DELETE',
};

/** Runs for every request: no decoding, no regular expression on the way of a plain read or write. */
export function requestLabels({ method, path, headers }: ApiRequest): RequestLabels {
  const mark = path.indexOf('?');
  const query = mark < 0 ? '' : path.slice(mark);
  const segments = (mark < 0 ? path : path.slice(0, mark)).split('/');
  const [, root = ''] = segments;
  const verb = verbs[method] ?? 'OTHER';
  const isCore = root === 'api';
  // ['', 'api', VERSION, ...] or ['', 'apis', GROUP, VERSION, ...]
  const start = isCore ? 3 : 4;
  if ((!isCore && root !== 'apis') || (segments[start] ?? '') === '') return nonResource(verb, root, segments);
  const group = isCore ? '' : (segments[2] ?? '');
  const version = segments[start - 1] ?? '';
  const isLegacyWatch = segments[start] === 'watch';
  let at = isLegacyWatch ? start + 1 : start;
  let scope = 'cluster';
  // A namespace itself is an object, what is in it comes two segments later.
  const isInside =
    segments[at] === 'namespaces' && (segments[at + 2] ?? '') !== '' && !ofNamespace.has(segments[at + 2] ?? '');
  if (isInside) {
    at += 2;
    scope = 'namespace';
  }
  const name = segments[at + 1] ?? '';
  const isWatch = isLegacyWatch || (query !== '' && verb === 'GET' && /[?&]watch=(true|1)(&|$)/.test(query));
  return {
    verb: resourceVerb(verb, name, isWatch, headers['content-type']),
    dry_run: query !== '' && verb !== 'GET' && /[?&]dryRun=All(&|$)/.test(query) ? 'All' : '',
    group,
    version,
    resource: segments[at] ?? '',
    subresource: segments[at + 2] ?? '',
    scope: name !== '' || verb === 'POST' ? 'resource' : scope,
  };
}

const ofNamespace: ReadonlySet<string> = new Set(['status', 'finalize']);

function resourceVerb(verb: string, name: string, isWatch: boolean, contentType: string | undefined): string {
  if (isWatch) return 'WATCH';
  if (verb === 'PATCH') return contentType?.startsWith('application/apply-patch') ? 'APPLY' : 'PATCH';
  if (name !== '') return verb;
  return verb === 'GET' ? 'LIST' : verb === 'DELETE' ? 'DELETECOLLECTION' : verb;
}

/** Documents and health: by the first part of their path. */
function nonResource(verb: string, root: string, segments: readonly string[]): RequestLabels {
  const isDiscovery = root === 'api' || root === 'apis';
  return {
    verb,
    dry_run: '',
    group: root === 'apis' ? (segments[2] ?? '') : '',
    version: (root === 'apis' ? segments[3] : root === 'api' ? segments[2] : undefined) ?? '',
    resource: '',
    subresource: isDiscovery ? '' : `/${root}`,
    scope: '',
  };
}
