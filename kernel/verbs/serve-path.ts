/** What is told about the API itself: discovery, OpenAPI, metrics, version. */
import type { ApiRequest, ApiResponse, Identity } from '@diatom/sdk/api';
import { expose, expositionType, type Family, healthFamilies, storeFamilies } from '../metrics/index.ts';
import { discover, type SubresourceTable } from '../wire/discovery.ts';
import { encodeAnswer, jsonHeaders } from '../wire/encode-answer.ts';
import { legible, negotiable, offers, plainJson } from '../wire/media.ts';
import { pathNotFound } from '../wire/status.ts';
import { version } from '../wire/version.ts';
import { type Context, requireAccess } from './context.ts';
import { subresources } from './subresources.ts';

const subresourceTable: SubresourceTable = Object.fromEntries(
  Object.entries(subresources).map(([name, { verbs, type }]) => [
    name,
    { verbs: Object.keys(verbs).sort(), ...(type === undefined ? {} : { type }) },
  ]),
);

export async function servePath(
  context: Context,
  request: ApiRequest,
  identity: Identity,
  path: string,
  query: URLSearchParams,
): Promise<ApiResponse> {
  requireAccess(context, identity, { kind: 'path', verb: request.method.toLowerCase(), path });
  if (request.method !== 'GET' && request.method !== 'HEAD') throw pathNotFound();
  const { accept, 'if-none-match': ifNoneMatch } = request.headers;
  if (path === '/version' || path === '/version/') return version();
  if (path.startsWith('/openapi/')) {
    const { openapi } = await import('../wire/openapi/documents.ts');
    const { aggregation } = context;
    const remote =
      aggregation === undefined
        ? {}
        : path.startsWith('/openapi/v3')
          ? { remoteDocuments: await aggregation.schemaDocuments() }
          : { remoteSchemas: await aggregation.swaggers() };
    const document = openapi({
      ...remote,
      path,
      query,
      accept,
      ifNoneMatch,
      kinds: context.kinds.all(),
      generation: context.kinds.registry.generation,
    });
    if (document !== undefined) return document;
    throw pathNotFound();
  }
  if (path === '/metrics') return serveMetrics(context);
  if (path === '/metrics/slis') return exposed(await healthFamilies(context.components ?? {}));
  const [, group = '', groupVersion = ''] = /^\/apis\/([^/]+)\/([^/]+)\/?$/.exec(path) ?? [];
  const owner = context.aggregation?.find(group, groupVersion);
  if (owner !== undefined && context.aggregation !== undefined)
    return context.aggregation.serve(owner, request, identity);
  if (path === '/') return { status: 200, headers: jsonHeaders, body: JSON.stringify({ paths: pathsOf(context) }) };
  const document = discover({
    path,
    accept,
    ifNoneMatch,
    kinds: context.kinds.all(),
    subresources: subresourceTable,
    remote: context.aggregation?.versions() ?? [],
  });
  if (document === undefined) throw pathNotFound();
  return encodeAnswer(document, legible(negotiable(accept, offers.plain) ?? plainJson, request));
}

/** What the API has at its root, for whoever looks around. */
function pathsOf({ kinds, aggregation }: Context): readonly string[] {
  const remote = aggregation?.versions() ?? [];
  const versions = [...[...kinds.all()].filter(({ group }) => group !== ''), ...remote];
  const groups = versions.flatMap(({ group, version }) => [`/apis/${group}`, `/apis/${group}/${version}`]);
  return [...new Set([...fixedPaths, ...groups])].sort();
}

const fixedPaths: readonly string[] = [
  '/.well-known/openid-configuration',
  '/api',
  '/api/v1',
  '/apis',
  '/healthz',
  '/livez',
  '/metrics',
  '/metrics/slis',
  '/openapi/v2',
  '/openapi/v3',
  '/openid/v1/jwks',
  '/readyz',
  '/version',
];

async function serveMetrics({ metrics, store, kinds }: Context): Promise<ApiResponse> {
  if (metrics === undefined) throw pathNotFound();
  return exposed([...(await metrics()), ...storeFamilies(store, kinds.all())]);
}

function exposed(families: readonly Family[]): ApiResponse {
  return { status: 200, headers: { 'content-type': expositionType }, body: expose(families) };
}
