/** /openapi/v3, one document per group version (kube-openapi pkg/handler3), and /openapi/v2 as JSON. */
import { createHash } from 'node:crypto';
import type { ApiResponse } from '@diatom/sdk/api';
import type { Document, RemoteSchemas } from '../../aggregation/documents.ts';
import type { JsonRecord } from '../../kinds/json.ts';
import { apiVersionOf, type Kind } from '../../kinds/kind.ts';
import { jsonHeaders } from '../encode-answer.ts';
import { parseAccept } from '../media.ts';
import { notAcceptable } from '../status.ts';
import { encodeGnostic, gnosticTypes } from './gnostic.ts';
import { pathItems } from './paths.ts';
import { Components } from './schemas.ts';

export interface OpenApiRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly accept: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly kinds: readonly Kind[];
  /** Of the table of kinds. */
  readonly generation: number;
  /** Documents of group versions that others serve, by path; of OpenAPI v3. */
  readonly remoteDocuments?: ReadonlyMap<string, Document>;
  /** The same of OpenAPI v2. */
  readonly remoteSchemas?: readonly RemoteSchemas[];
}

/** Part of every hash: raise it when the documents change without the kinds changing. */
const formatVersion = '2';
const yearMs = 365 * 24 * 3600 * 1000;

interface GroupVersion {
  /** `api/v1`, `apis/apps/v1` */
  readonly path: string;
  readonly kinds: readonly Kind[];
}

function groupVersions(kinds: readonly Kind[]): readonly GroupVersion[] {
  const byPath = new Map<string, Kind[]>();
  for (const kind of kinds) {
    const path = kind.group === '' ? `api/${kind.version}` : `apis/${apiVersionOf(kind)}`;
    const list = byPath.get(path) ?? [];
    byPath.set(path, list);
    list.push(kind);
  }
  return [...byPath].map(([path, list]) => ({ path, kinds: list }));
}

function hashOf({ path, kinds }: GroupVersion): string {
  const parts = kinds.map((kind) => [
    kind.kind,
    kind.resource,
    kind.namespaced,
    [...kind.subresources],
    kind.publishedSchema ?? null,
  ]);
  return createHash('sha256')
    .update(JSON.stringify([formatVersion, path, parts]))
    .digest('hex')
    .toUpperCase();
}

function parts(kinds: readonly Kind[], root: string): { readonly paths: JsonRecord; readonly components: Components } {
  const components = new Components();
  const deleteOptions = components.addTyped('meta.v1.DeleteOptions');
  components.schemas['io.k8s.apimachinery.pkg.apis.meta.v1.Patch'] = { type: 'object' };
  const status = 'io.k8s.apimachinery.pkg.apis.meta.v1.Status';
  components.schemas[status] = {
    type: 'object',
    'x-kubernetes-group-version-kind': [{ group: '', version: 'v1', kind: 'Status' }],
  };
  const scale = kinds.some(({ subresources }) => subresources.has('scale'))
    ? components.addTyped('autoscaling.v1.Scale')
    : '';
  const paths: JsonRecord = {};
  for (const kind of kinds) {
    const item = components.addKind(kind);
    const list = kind.verbs.includes('list') ? components.addList(kind, item) : item;
    Object.assign(paths, pathItems(kind, root, { item, list, deleteOptions, status, scale }));
  }
  return { paths, components };
}

const info = { title: 'Kubernetes', version: 'v1.35.0' };

function document({ path, kinds }: GroupVersion): string {
  const { paths, components } = parts(kinds, `/${path}`);
  return JSON.stringify({ openapi: '3.0.0', info, paths, components: { schemas: components.schemas } });
}

function accepts(header: string | undefined, more: readonly string[] = []): boolean {
  const clauses = parseAccept(header);
  return (
    clauses.length === 0 ||
    clauses.some(({ type }) => ['application/json', 'application/*', '*/*', ...more].includes(type))
  );
}

/** Undefined when there is no such document. */
export function openapi(request: OpenApiRequest): ApiResponse | undefined {
  const versions = groupVersions(request.kinds);
  if (request.path === '/openapi/v2') {
    if (!accepts(request.accept, gnosticTypes)) throw notAcceptable(['application/json', ...gnosticTypes]);
    return swagger(request, versions);
  }
  if (!accepts(request.accept)) throw notAcceptable(['application/json']);
  if (request.path === '/openapi/v3' || request.path === '/openapi/v3/') {
    const hashes = [
      ...versions.map((entry) => [entry.path, hashOf(entry)] as const),
      ...[...(request.remoteDocuments ?? [])].map(([path, { hash }]) => [path, hash] as const),
    ];
    const paths = Object.fromEntries(
      hashes.map(([path, hash]) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }]),
    );
    return { status: 200, headers: jsonHeaders, body: JSON.stringify({ paths }) };
  }
  const wanted = request.path.slice('/openapi/v3/'.length);
  const remote = request.remoteDocuments?.get(wanted);
  if (remote !== undefined) return versioned(request, wanted, remote.hash, () => remote.text);
  const entry = versions.find(({ path }) => path === wanted);
  if (entry === undefined) return undefined;
  return versioned(request, wanted, hashOf(entry), () => document(entry));
}

function versioned(request: OpenApiRequest, path: string, hash: string, text: () => string): ApiResponse {
  const asked = request.query.get('hash');
  if (asked !== null && asked !== hash) {
    return { status: 301, headers: { location: `/openapi/v3/${path}?hash=${hash}` }, body: '' };
  }
  const etag = `"${hash}"`;
  const caching: Record<string, string> =
    asked === null
      ? { 'cache-control': 'no-cache, private' }
      : { 'cache-control': 'public, immutable', expires: new Date(Date.now() + yearMs).toUTCString() };
  const headers = { 'content-type': 'application/json', vary: 'Accept', etag, ...caching };
  if (request.ifNoneMatch === etag) return { status: 304, headers, body: '' };
  return { status: 200, headers, body: text() };
}

/**
 * A kind that takes any field is told without its fields in v2: kubectl up to 1.28 refuses what is not among those it is told
 * (apiextensions-apiserver controller/openapi/builder, buildKubeNative).
 */
function openOrWhole(schema: JsonRecord): JsonRecord {
  const { 'x-kubernetes-group-version-kind': kinds, 'x-kubernetes-preserve-unknown-fields': isOpen } = schema;
  if (isOpen !== true || kinds === undefined) return schema;
  return { type: 'object', 'x-kubernetes-group-version-kind': kinds };
}

function discoveryPaths(versions: readonly GroupVersion[]): JsonRecord {
  const groups = versions.map(({ path }) => path.slice(0, path.lastIndexOf('/')));
  const ofGroups = [...new Set(groups)].map((path) => [path, 'get the versions of a group'] as const);
  const ofVersions = versions.map(({ path }) => [path, 'get the resources of a version'] as const);
  const responses = { '200': { description: 'OK' }, '401': { description: 'Unauthorized' } };
  return Object.fromEntries(
    [...ofGroups, ...ofVersions].map(([path, description]) => [`/${path}/`, { get: { description, responses } }]),
  );
}

/** OpenAPI v2: the same schemas as definitions, as JSON or, for older clients, as protobuf. */
function swagger(request: OpenApiRequest, versions: readonly GroupVersion[]): ApiResponse {
  const paths: JsonRecord = {};
  const definitions: JsonRecord = {};
  for (const { path, kinds } of versions) {
    const part = parts(kinds, `/${path}`);
    Object.assign(paths, part.paths);
    for (const [name, schema] of Object.entries(part.components.schemas)) definitions[name] = openOrWhole(schema);
  }
  for (const remote of request.remoteSchemas ?? []) {
    Object.assign(paths, remote.paths);
    // The cell's own types, which every API server repeats, are told once.
    for (const [name, schema] of Object.entries(remote.definitions)) definitions[name] ??= schema;
  }
  const inVersion2 = (value: object): string =>
    JSON.stringify(value)
      .replaceAll('#/components/schemas/', '#/definitions/')
      .replace(/"allOf":\[\{"\$ref":("[^"]+")\}\]/g, '"$ref":$1');
  const gnostic = parseAccept(request.accept).find(({ type }) =>
    type.startsWith('application/com.github.proto-openapi.spec.v2'),
  );
  if (gnostic !== undefined) {
    const body = encodeGnostic({ info, paths, definitions: JSON.parse(inVersion2(definitions)) as JsonRecord });
    // The name with a dot: Go's mime parser, which reads the answer, takes no `@`.
    return { status: 200, headers: { 'content-type': gnosticTypes[1], vary: 'Accept' }, body };
  }
  // Clients of JSON read the definitions; of paths it has those of the groups, as a list of what there is.
  const body = inVersion2({ swagger: '2.0', info, paths: discoveryPaths(versions), definitions });
  return { status: 200, headers: { ...jsonHeaders, vary: 'Accept' }, body };
}
