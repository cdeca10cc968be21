/**
 * OpenAPI v2 as protobuf, the only form kubectl up to 1.28 and Helm up to 3.11 read (gnostic openapiv2/OpenAPIv2.proto).
 * Only what a Kubernetes client looks at is written: definitions, and the PATCH operations with their query parameters.
 */
import { isRecord, type JsonRecord, recordAt, recordsAt } from '../../kinds/json.ts';

export const gnosticTypes = [
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
  'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
] as const;

type Bytes = Uint8Array;

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return bytes;
}

/** A length-delimited field: text, or a message of encoded fields. */
function delimited(number: number, content: string | readonly Bytes[]): Bytes {
  const body = typeof content === 'string' ? Buffer.from(content) : Buffer.concat(content);
  return Buffer.concat([Uint8Array.from([...varint(number * 8 + 2), ...varint(body.length)]), body]);
}

const text = (number: number, value: unknown): Bytes[] =>
  typeof value === 'string' && value !== '' ? [delimited(number, value)] : [];
const flag = (number: number, value: unknown): Bytes[] =>
  value === true ? [Uint8Array.from([...varint(number * 8), 1])] : [];
const count = (number: number, value: unknown): Bytes[] =>
  typeof value === 'number' && value >= 0 ? [Uint8Array.from([...varint(number * 8), ...varint(value)])] : [];

function double(number: number, value: unknown): Bytes[] {
  if (typeof value !== 'number') return [];
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return [Buffer.concat([Uint8Array.from(varint(number * 8 + 1)), bytes])];
}

/** Any: `yaml` is field 2, and JSON is YAML. */
const any = (number: number, value: unknown): Bytes[] =>
  value === undefined ? [] : [delimited(number, [delimited(2, JSON.stringify(value))])];

function extensions(number: number, source: JsonRecord): Bytes[] {
  return Object.entries(source)
    .filter(([key]) => key.startsWith('x-'))
    .map(([key, value]) => delimited(number, [delimited(1, key), ...any(2, value)]));
}

const named = (name: string, value: readonly Bytes[]): Bytes => delimited(1, [delimited(1, name), delimited(2, value)]);

function schema(source: JsonRecord): Bytes[] {
  const { additionalProperties, items, properties, type } = source;
  const additional = isRecord(additionalProperties)
    ? [delimited(21, [delimited(1, schema(additionalProperties))])]
    : additionalProperties === true
      ? [delimited(21, flag(2, true))]
      : [];
  return [
    ...text(1, source.$ref),
    ...text(2, source.format),
    ...text(4, source.description),
    ...any(5, source.default),
    ...double(7, source.maximum),
    ...double(9, source.minimum),
    ...count(11, source.maxLength),
    ...count(12, source.minLength),
    ...text(13, source.pattern),
    ...count(14, source.maxItems),
    ...count(15, source.minItems),
    ...(Array.isArray(source.required) ? source.required.flatMap((name) => text(19, name)) : []),
    ...(Array.isArray(source.enum) ? source.enum.flatMap((value) => any(20, value)) : []),
    ...additional,
    ...(typeof type === 'string' ? [delimited(22, [delimited(1, type)])] : []),
    ...(isRecord(items) ? [delimited(23, [delimited(1, schema(items))])] : []),
    ...recordsAt(source, 'allOf').map((part) => delimited(24, schema(part))),
    ...(isRecord(properties)
      ? [
          delimited(
            25,
            Object.entries(properties).map(([name, value]) => named(name, isRecord(value) ? schema(value) : [])),
          ),
        ]
      : []),
    ...extensions(31, source),
  ];
}

/** ParametersItem → Parameter → NonBodyParameter → QueryParameterSubSchema. */
function queryParameter(parameter: JsonRecord): Bytes {
  const body = [
    ...text(2, parameter.in),
    ...text(3, parameter.description),
    ...text(4, parameter.name),
    ...text(6, recordAt(parameter, 'schema').type),
  ];
  return delimited(8, [delimited(1, [delimited(2, [delimited(3, body)])])]);
}

function pathItem(item: JsonRecord): Bytes[] {
  const { patch } = item;
  if (!isRecord(patch)) return [];
  const operation = [
    ...text(5, patch.operationId),
    ...recordsAt(patch, 'parameters')
      .filter((parameter) => parameter.in === 'query')
      .map(queryParameter),
    ...extensions(13, patch),
  ];
  return [delimited(8, operation)];
}

export interface Swagger {
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: JsonRecord;
  readonly definitions: JsonRecord;
}

export function encodeGnostic({ info, paths, definitions }: Swagger): Bytes {
  const patchable = Object.entries(paths).filter(([, item]) => isRecord(item) && item.patch !== undefined);
  return Buffer.concat([
    delimited(1, '2.0'),
    delimited(2, [delimited(1, info.title), delimited(2, info.version)]),
    delimited(
      8,
      patchable.map(([path, item]) => delimited(2, [delimited(1, path), delimited(2, pathItem(item as JsonRecord))])),
    ),
    delimited(
      9,
      Object.entries(definitions).map(([name, value]) => named(name, schema(value as JsonRecord))),
    ),
  ]);
}
