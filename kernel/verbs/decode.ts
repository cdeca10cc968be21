/** From a request body to an object of the kind, with field validation (Strict, Warn, Ignore). */

import { decodeCustom } from '../kinds/custom/decode-custom.ts';
import { decodeTyped } from '../kinds/decode-typed.ts';
import { invalidValue } from '../kinds/field-errors.ts';
import { isRecord, type JsonRecord, recordAt, stringAt } from '../kinds/json.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import type { Schema } from '../kinds/schema.ts';
import { type Body, readBody } from '../wire/body.ts';
import { mostStrictProblems } from '../wire/json-body.ts';
import { type ApiError, badRequest, invalid } from '../wire/status.ts';
import type { Call } from './context.ts';
import { itemProblems } from './managed/field-set.ts';

/** What a body is expected to be. */
export interface Expected {
  readonly apiVersion: string;
  readonly kind: string;
  readonly schema: Schema;
  readonly nature: Kind['nature'];
  /** Versions with the same fields that are taken, too. */
  readonly otherVersions?: readonly string[];
}

export function expectedOf(kind: Kind): Expected {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, schema: kind.schema, nature: kind.nature };
}

export async function decodeBody(call: Call, expected: Expected = expectedOf(call.kind)): Promise<JsonRecord> {
  const schema = expected.nature === 'built-in' ? expected.schema : undefined;
  const body = await readBody(call.request.body, call.request.headers['content-type'], schema);
  return decodeObject(call, expected, body);
}

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export function fieldValidation(query: URLSearchParams): FieldValidation {
  const value = query.get('fieldValidation');
  if (value === null || value === '') return 'Warn';
  if (value === 'Strict' || value === 'Warn' || value === 'Ignore') return value;
  throw badRequest(
    `fieldValidation: Unsupported value: ${JSON.stringify(value)}: supported values: "Ignore", "Strict", "Warn"`,
  );
}

/** What a strict decoder minds about a body. */
export interface StrictFindings {
  readonly unknown: readonly string[];
  readonly duplicates: readonly string[];
}

/**
 * Problems that Strict refuses and Warn reports, in upstream's order. `as-read`: as a reader meets them; what is unknown is
 * not looked into (typed JSON). `by-name`: duplicates as they are met, then the unknown fields as they stand in a document
 * whose keys are sorted (YAML, patches). `given`: duplicates, then the unknown fields as they come (custom resources).
 */
export function strictProblems(
  value: unknown,
  { unknown, duplicates }: StrictFindings,
  order: 'as-read' | 'by-name' | 'given',
): readonly string[] {
  const problem = (what: string) => (field: string) => ({ text: `${what} field ${JSON.stringify(field)}`, field });
  const unknowns = unknown.slice(0, mostStrictProblems).map(problem('unknown'));
  const known = order === 'as-read' ? duplicates.filter((field) => !isWithin(field, unknown)) : duplicates;
  const twice = known.slice(0, mostStrictProblems).map(problem('duplicate'));
  const inOrder = {
    'as-read': () => byPlace(value, [...twice, ...unknowns], (keys) => keys),
    'by-name': () => [...twice, ...byPlace(value, unknowns, (keys) => [...keys].sort())],
    given: () => [...twice, ...unknowns],
  }[order]();
  return inOrder.slice(0, mostStrictProblems).map(({ text }) => text);
}

const isWithin = (field: string, others: readonly string[]): boolean =>
  others.some((other) => field === other || field.startsWith(`${other}.`) || field.startsWith(`${other}[`));

type SortKeys = (keys: readonly string[]) => readonly string[];

function byPlace<T extends { readonly field: string }>(value: unknown, problems: readonly T[], sort: SortKeys) {
  const places = new Map<object, ReadonlyMap<string, number>>();
  return problems
    .map((problem) => ({ ...problem, place: placeOf(value, problem.field, places, sort) }))
    .sort((a, b) => comparePlaces(a.place, b.place));
}

/** Where in the document `spec.ports[0].name` stands: how many siblings come before it, level by level. */
function placeOf(
  value: unknown,
  path: string,
  places: Map<object, ReadonlyMap<string, number>>,
  sort: SortKeys,
): readonly number[] {
  const place: number[] = [];
  let inner = value;
  for (const key of path.match(/[^.[\]]+/g) ?? []) {
    if (typeof inner !== 'object' || inner === null) break;
    const keys = Object.keys(inner);
    const sorted = Array.isArray(inner) ? keys : sort(keys);
    const known = places.get(inner) ?? new Map(sorted.map((name, index) => [name, index]));
    places.set(inner, known);
    place.push(known.get(key) ?? Number.POSITIVE_INFINITY);
    inner = (inner as JsonRecord)[key];
  }
  return place;
}

function comparePlaces(a: readonly number[], b: readonly number[]): number {
  const level = a.findIndex((index, at) => index !== b[at]);
  const [left = 0, right = 0] = level < 0 ? [] : [a[level], b[level]];
  return left < right ? -1 : left > right ? 1 : 0;
}

export function decodeObject(call: Call, expected: Expected, body: Body): JsonRecord {
  const { value, duplicateFields, yamlProblems } = body;
  checkType(expected, value);
  const { object, unknownFields } = decodeFields(expected, value);
  const order = expected.nature === 'custom' ? 'given' : yamlProblems === undefined ? 'as-read' : 'by-name';
  const duplicates = yamlProblems === undefined ? duplicateFields : [];
  const problems = strictProblems(value, { unknown: unknownFields, duplicates }, order);
  const all = [...yamlErrors(yamlProblems), ...problems];
  const validation = fieldValidation(call.query);
  if (all.length > 0 && validation === 'Strict') {
    const version = expected.apiVersion.slice(expected.apiVersion.indexOf('/') + 1);
    const subject = `${expected.kind} in version ${JSON.stringify(version)} cannot be handled as a ${expected.kind}`;
    throw badRequest(`${subject}: strict decoding error: ${all.join(', ')}`);
  }
  if (validation === 'Warn') call.warnings.push(...(yamlProblems ?? []), ...problems);
  return object;
}

const yamlErrors = (problems: readonly string[] = []): readonly string[] =>
  problems.length === 0 ? [] : [`yaml: unmarshal errors:\n  ${problems.join('\n  ')}`];

/**
 * The body of a server-side apply: a field the schema does not know is refused whatever the client asks for, because
 * nobody could own it (structured-merge-diff typed/validate.go). Upstream's answer is a 500 of unknown reason; a mistake
 * of the client is a 400 here.
 */
export function decodeApplied(call: Call, expected: Expected, body: Body): JsonRecord {
  const { value, yamlProblems = [] } = body;
  checkType(expected, value);
  const validation = fieldValidation(call.query);
  const [duplicates] = yamlErrors(yamlProblems);
  if (duplicates !== undefined && validation === 'Strict')
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${duplicates}`);
  if (validation === 'Warn') call.warnings.push(...yamlProblems);
  const { object, unknownFields } = decodeFields(expected, value);
  const problems = [
    ...unknownFields.map((field) => `.${field}: field not declared in schema`),
    ...itemProblems(expected.schema, object),
  ];
  if (problems.length > 0) {
    const { name, namespace } = recordAt(value, 'metadata');
    const [group, version] = expected.apiVersion.includes('/')
      ? expected.apiVersion.split('/')
      : ['', expected.apiVersion];
    const lines = problems.slice(0, mostStrictProblems);
    const why = lines.length === 1 ? lines[0] : ['errors:', ...lines.map((line) => `  ${line}`)].join('\n');
    const what = `${namespace ?? ''}/${name ?? ''}; ${group}/${version}, Kind=${expected.kind}`;
    throw badRequest(`failed to create typed patch object (${what}): ${why}`);
  }
  return object;
}

/** The object as the kind's schema lets it be: typed, or pruned. */
export function decodeFields(expected: Expected, value: JsonRecord) {
  const version = expected.apiVersion.slice(expected.apiVersion.indexOf('/') + 1);
  const decoded =
    expected.nature === 'built-in'
      ? decodeTyped(expected.schema, value, expected.kind, version)
      : decodeCustom(expected.schema, value, expected.kind, version);
  decoded.object.apiVersion = expected.apiVersion;
  decoded.object.kind = expected.kind;
  if (!isRecord(decoded.object.metadata)) decoded.object.metadata = {};
  return decoded;
}

function checkType(expected: Expected, value: JsonRecord): void {
  if (value.kind === undefined || value.kind === '') {
    if (expected.nature === 'custom') throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(value)}'`);
  } else if (value.kind !== expected.kind && expected.nature === 'custom' && value.apiVersion === expected.apiVersion) {
    throw wrongKind(expected, value);
  } else if (value.kind !== expected.kind) {
    const given = `${String(value.apiVersion ?? '')}, Kind=${String(value.kind)}`;
    throw badRequest(
      `${expected.kind} in version ${JSON.stringify(expected.apiVersion)} cannot be handled as a ${expected.kind}: converting (${given}) to (${expected.apiVersion}, Kind=${expected.kind}): unknown conversion`,
    );
  }
  // Go reads "/v1" as the version of the group without a name.
  const apiVersion = String(value.apiVersion ?? '').replace(/^\//, '');
  if (
    (apiVersion !== '' || expected.nature === 'custom') &&
    apiVersion !== expected.apiVersion &&
    !expected.otherVersions?.includes(apiVersion)
  ) {
    throw badRequest(
      `the API version in the data (${String(apiVersion)}) does not match the expected API version (${expected.apiVersion})`,
    );
  }
}

/** Of a custom resource the kind is a field like any other (apiextensions-apiserver customresource/validator.go). */
function wrongKind(expected: Expected, value: JsonRecord): ApiError {
  const kind = String(value.kind);
  const group = expected.apiVersion.slice(0, expected.apiVersion.indexOf('/'));
  const problem = invalidValue('kind', kind, `must be ${expected.kind}`);
  return invalid({ group, kind }, stringAt(value, 'metadata', 'name'), [problem]);
}
