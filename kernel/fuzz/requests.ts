/** Random requests to one kind: data only, made from what the kind's schema and its template say. */
import { type BuiltInRow, storedAs, viewsByType } from '../kinds/built-in.ts';
import { isRecord, type JsonRecord } from '../kinds/json.ts';
import type { Schema } from '../kinds/schema.ts';
import { schemaOf } from '../kinds/type-table.ts';
import { encodeEnvelope } from '../wire/protobuf-encode.ts';
import type { Chance } from './chance.ts';
import { nameOf, templates } from './templates.ts';
import { anyValue, changed, define } from './values.ts';

/** What is fuzzed: a built-in row, or a custom resource. */
export interface Target {
  readonly type: string;
  readonly apiVersion: string;
  readonly kind: string;
  /** The path of the collection. */
  readonly collection: string;
  readonly template: JsonRecord;
  /** Undefined for custom resources, whose schema is their definition's. */
  readonly schema: Schema | undefined;
  readonly subresources: readonly string[];
  /** Its objects are another kind's under other names, or in another version. */
  readonly isView: boolean;
}

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

export function targetOf(row: BuiltInRow): Target {
  const [, version = '', kind = ''] = /\.(v\d+\w*)\.(\w+)$/.exec(row.type) ?? [];
  const apiVersion = row.group === '' ? version : `${row.group}/${version}`;
  const root = row.group === '' ? `/api/${version}` : `/apis/${row.group}/${version}`;
  return {
    type: row.type,
    apiVersion,
    kind,
    collection: `${root}/${row.namespaced ? 'namespaces/default/' : ''}${row.resource}`,
    template: templates[row.type] ?? {},
    schema: schemaOf(row.type),
    subresources: row.subresources,
    isView: viewsByType[row.type] !== undefined || storedAs[row.type] !== undefined,
  };
}

export function templateObject(target: Target, name: string): JsonRecord {
  return {
    apiVersion: target.apiVersion,
    kind: target.kind,
    metadata: { name },
    ...structuredClone(target.template),
  };
}

const mostNames = 4;
export const randomName = (chance: Chance, target: Target): string => nameOf(target.type, chance.int(mostNames));

/** A new object: valid, changed a little within its types, or wild. */
function randomObject(chance: Chance, target: Target, name: string): JsonRecord {
  const wildness = chance.pick([0, 0, 0.1, 0.5]);
  let object: unknown = templateObject(target, name);
  for (let count = chance.pick([0, 1, 1, 2, 5]); count > 0; count--)
    object = changed(chance, target.schema, object, wildness);
  return isRecord(object) ? object : { broken: object };
}

/** YAML's flow style is JSON, nearly: what JSON has no word for is left to the parser's own tests. */
function encode(chance: Chance, target: Target, object: JsonRecord): Pick<Request, 'headers' | 'body'> {
  const form = chance.next();
  if (form < 0.15 && target.schema !== undefined) {
    const body = protobufOf(target.schema, object);
    if (body !== undefined)
      return { headers: { 'content-type': 'application/vnd.kubernetes.protobuf' }, body: damaged(chance, body) };
  }
  const type = form < 0.3 ? 'application/yaml' : 'application/json';
  const text = JSON.stringify(object);
  return {
    headers: { 'content-type': type },
    body: chance.happens(0.01) ? text.slice(0, chance.int(text.length)) : text,
  };
}

/** An object too wild for its types has no protobuf. */
function protobufOf(schema: Schema, object: JsonRecord): Uint8Array | undefined {
  try {
    return encodeEnvelope(schema, object);
  } catch {
    return undefined;
  }
}

/** Bytes that a decoder may meet: fields it does not know, wrong wire types, lengths beyond the end, nesting without end. */
const oddFields: readonly Uint8Array[] = [
  Uint8Array.of(0xfa, 0x3e, 0x03, 1, 2, 3),
  Uint8Array.of(0xf8, 0x3e, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
  Uint8Array.of(0xf9, 0x3e, 1, 2, 3, 4, 5, 6, 7, 8),
  Uint8Array.of(0x08, 0x01),
  Uint8Array.of(0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
  Uint8Array.of(0x12, 0xff, 0xff, 0xff, 0xff, 0x07),
  Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80),
  Uint8Array.of(0x0b),
  Uint8Array.of(0x00),
  Uint8Array.of(0x15, 0xff),
];

function nested(depth: number): Uint8Array {
  let bytes = Buffer.alloc(0);
  for (let level = 0; level < depth; level++) {
    const [length, high] = [bytes.length & 0x7f, bytes.length >>> 7];
    const size =
      high === 0
        ? [length]
        : [length | 0x80, (high & 0x7f) | (high > 0x7f ? 0x80 : 0), ...(high > 0x7f ? [high >>> 7] : [])];
    bytes = Buffer.concat([Uint8Array.of(0x0a, ...size), bytes]);
  }
  return bytes;
}

function damaged(chance: Chance, body: Uint8Array): Uint8Array {
  if (chance.happens(0.7)) return body;
  const choice = chance.next();
  if (choice < 0.3) return body.slice(0, chance.int(body.length));
  if (choice < 0.5) return Buffer.concat([body, chance.pick(oddFields)]);
  const at = chance.int(body.length);
  if (choice < 0.6) return Buffer.concat([body.subarray(0, at), chance.pick(oddFields), body.subarray(at)]);
  if (choice < 0.65) {
    const inner = nested(chance.pick([10, 100, 3000]));
    const size = [(inner.length & 0x7f) | 0x80, ((inner.length >>> 7) & 0x7f) | 0x80, inner.length >>> 14];
    return Buffer.concat([Uint8Array.of(0x6b, 0x38, 0x73, 0x00, 0x12, ...size), inner]);
  }
  const copy = Uint8Array.from(body);
  for (let count = chance.int(4); count > 0; count--) copy[chance.int(copy.length)] = chance.int(256);
  return copy;
}

const managers = ['fuzz', 'kubectl', ''];

function writeOptions(chance: Chance): string[] {
  const options: string[] = [];
  if (chance.happens(0.3)) options.push(`fieldValidation=${chance.pick(['Strict', 'Warn', 'Ignore', 'Odd'])}`);
  if (chance.happens(0.1)) options.push(`dryRun=${chance.pick(['All', 'All', 'Some'])}`);
  if (chance.happens(0.3)) options.push(`fieldManager=${chance.pick(managers)}`);
  return options;
}

const withQuery = (path: string, options: readonly string[]): string =>
  options.length === 0 ? path : `${path}?${options.join('&')}`;

const selectors = ['app=a', 'app', '!app', 'app in (a,b)', 'app notin (a)', 'a=', '=', 'app==a,b!=c', 'x in ()', '%00'];
const fieldSelectors = [
  'metadata.name=fuzz-1',
  'metadata.name!=fuzz-1',
  'spec.nodeName=',
  'status.phase=Pending',
  'odd=1',
  '=',
  'type=Opaque',
];
const accepts = [
  'application/json',
  'application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json',
  'application/vnd.kubernetes.protobuf,application/json',
  'application/vnd.kubernetes.protobuf',
  'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;v=v1beta1;g=meta.k8s.io',
  'application/yaml',
  'application/yaml;as=Table;v=v1;g=meta.k8s.io',
  'application/cbor',
  'application/json;pretty=1',
  'application/json;as=constructor;v=v1;g=meta.k8s.io',
  'text/html',
  '*/*',
];

function readOptions(chance: Chance): string[] {
  const options: string[] = [];
  if (chance.happens(0.3)) options.push(`labelSelector=${encodeURIComponent(chance.pick(selectors))}`);
  if (chance.happens(0.3)) options.push(`fieldSelector=${encodeURIComponent(chance.pick(fieldSelectors))}`);
  if (chance.happens(0.3)) options.push(`limit=${chance.pick(['0', '1', '2', '-1', 'x', '500'])}`);
  if (chance.happens(0.2)) options.push(`resourceVersion=${chance.pick(['0', '1', '5', '999999', 'x', ''])}`);
  if (chance.happens(0.1)) options.push(`resourceVersionMatch=${chance.pick(['Exact', 'NotOlderThan', 'Odd'])}`);
  if (chance.happens(0.1)) options.push(`continue=${chance.pick(['x', '', 'eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ'])}`);
  return options;
}

const readRequest = (chance: Chance, path: string): Request => ({
  method: 'GET',
  path: withQuery(path, readOptions(chance)),
  headers: chance.happens(0.5) ? { accept: chance.pick(accepts) } : {},
  body: undefined,
});

/** The difference of two objects as each kind of patch would say it, or nonsense of that kind. */
function patchBody(chance: Chance, target: Target, type: string, current: JsonRecord, name: string): unknown {
  if (type === 'application/json-patch+json') {
    const pointers = pointersOf(current);
    const operation = (): JsonRecord => ({
      op: chance.pick(['add', 'replace', 'remove', 'test', 'copy', 'move', 'odd']),
      path: chance.happens(0.9)
        ? chance.pick(pointers)
        : chance.pick(['', '/', '/spec/-', '/metadata/labels/x~1y', 'x']),
      from: chance.pick(pointers),
      value: anyValue(chance),
    });
    return Array.from({ length: chance.int(3) }, operation);
  }
  const wildness = chance.pick([0, 0, 0.2, 0.6]);
  const start = type === 'application/apply-patch+yaml' ? templateObject(target, name) : part(chance, current);
  const wanted = changed(chance, target.schema, start, wildness);
  if (type === 'application/strategic-merge-patch+json' && isRecord(wanted) && chance.happens(0.2))
    return withDirective(chance, wanted);
  return wanted;
}

/** Some of an object's top-level fields. */
function part(chance: Chance, object: JsonRecord): JsonRecord {
  const result: JsonRecord = {};
  for (const [key, value] of Object.entries(object)) if (chance.happens(0.4)) define(result, key, value);
  return result;
}

function withDirective(chance: Chance, patch: JsonRecord): JsonRecord {
  const directives: readonly JsonRecord[] = [
    { $patch: chance.pick(['replace', 'delete', 'merge', 'odd']) },
    { '$setElementOrder/containers': [{ name: 'main' }] },
    { '$deleteFromPrimitiveList/finalizers': ['example.com/a'] },
    { $retainKeys: ['type'] },
    { $retainKeys: 5 },
    { '$setElementOrder/x': null },
  ];
  const into = (value: JsonRecord): JsonRecord => {
    const inner = Object.entries(value).filter(([, item]) => isRecord(item));
    if (inner.length === 0 || chance.happens(0.4)) return { ...value, ...chance.pick(directives) };
    const [key, item] = chance.pick(inner);
    return { ...value, [key]: into(item as JsonRecord) };
  };
  return into(patch);
}

function pointersOf(value: unknown, prefix = '', found: string[] = ['']): readonly string[] {
  if (found.length > 200 || typeof value !== 'object' || value === null) return found;
  for (const [key, item] of Object.entries(value)) {
    const pointer = `${prefix}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    found.push(pointer);
    pointersOf(item, pointer, found);
  }
  return found;
}

const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

function patchRequest(chance: Chance, target: Target, path: string, current: JsonRecord, name: string): Request {
  const type = chance.pick(patchTypes);
  const options = writeOptions(chance);
  if (type === 'application/apply-patch+yaml' && chance.happens(0.9)) {
    options.push('fieldManager=applier');
    if (chance.happens(0.5)) options.push('force=true');
  }
  const body = JSON.stringify(patchBody(chance, target, type, current, name));
  return { method: 'PATCH', path: withQuery(path, options), headers: { 'content-type': type }, body };
}

function deleteRequest(chance: Chance, path: string): Request {
  const body: JsonRecord = {};
  if (chance.happens(0.4)) body.propagationPolicy = chance.pick(['Background', 'Foreground', 'Orphan', 'Odd']);
  if (chance.happens(0.3)) body.gracePeriodSeconds = chance.pick([0, 1, -1, 30, 'x']);
  if (chance.happens(0.1)) body.preconditions = chance.pick<unknown>([{ uid: 'x' }, { resourceVersion: '1' }, 5]);
  return {
    method: 'DELETE',
    path: withQuery(path, chance.happens(0.1) ? ['dryRun=All'] : []),
    headers: { 'content-type': 'application/json' },
    body: chance.happens(0.3) ? undefined : JSON.stringify(body),
  };
}

/** One random request about the object called `name`, answered in a random form; `current` is what the server has of it. */
export function randomRequest(chance: Chance, target: Target, name: string, current: JsonRecord | undefined): Request {
  const request = requestAbout(chance, target, name, current);
  if (chance.happens(0.75)) return request;
  return { ...request, headers: { accept: chance.pick(accepts), ...request.headers } };
}

function requestAbout(chance: Chance, target: Target, name: string, current: JsonRecord | undefined): Request {
  const path = `${target.collection}/${name}`;
  const choice = chance.next();
  const base = current ?? templateObject(target, name);
  if (choice < 0.25 || (current === undefined && choice < 0.5)) {
    const object = randomObject(chance, target, name);
    return {
      method: 'POST',
      path: withQuery(target.collection, writeOptions(chance)),
      ...encode(chance, target, object),
    };
  }
  if (choice < 0.4) {
    const object = changed(chance, target.schema, base, chance.pick([0, 0, 0.2]));
    return {
      method: 'PUT',
      path: withQuery(path, writeOptions(chance)),
      ...encode(chance, target, isRecord(object) ? object : {}),
    };
  }
  if (choice < 0.65) return patchRequest(chance, target, path, base, name);
  if (choice < 0.78 && target.subresources.length > 0) return subresourceRequest(chance, target, path, base, name);
  if (choice < 0.9) return readRequest(chance, chance.happens(0.5) ? path : target.collection);
  // Without its namespace or its definition an episode is over.
  const isFooting = target.kind === 'Namespace' || target.kind === 'CustomResourceDefinition';
  if (choice < 0.905 && !isFooting)
    return { ...deleteRequest(chance, target.collection), path: withQuery(target.collection, readOptions(chance)) };
  return deleteRequest(chance, path);
}

const oddSubresources = ['constructor', '__proto__', 'exec', 'x', 'status/x', 'proxy/a/b'];

function subresourceRequest(chance: Chance, target: Target, path: string, base: JsonRecord, name: string): Request {
  const subresource = chance.happens(0.05) ? chance.pick(oddSubresources) : chance.pick(target.subresources);
  const at = `${path}/${subresource}`;
  if (subresource === 'log') return readRequest(chance, path);
  const method = chance.pick(['GET', 'PUT', 'PATCH', 'POST']);
  if (method === 'GET') return readRequest(chance, at);
  if (method === 'PATCH') return patchRequest(chance, target, at, base, name);
  const object = {
    ...base,
    status: changed(chance, target.schema?.fields?.get('status')?.schema, base.status ?? {}, 0.1),
  };
  const scale = {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name },
    spec: { replicas: chance.int(5) - 1 },
  };
  const body = subresource === 'scale' ? scale : chance.happens(0.1) ? anyValue(chance) : object;
  return { method, path: at, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
