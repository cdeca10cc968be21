/** From a request body to an object of the kind, with field validation (Strict, Warn, Ignore). */

import { decodeCustom } from '../kinds/custom/decode-custom.ts';
import { decodeTyped } from '../kinds/decode-typed.ts';
import { isRecord, type JsonRecord } from '../kinds/json.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import type { Schema } from '../kinds/schema.ts';
import { readBody } from '../wire/body.ts';
import { mostStrictProblems } from '../wire/json-body.ts';
import { badRequest } from '../wire/status.ts';
import type { Call } from './context.ts';

/** What a body is expected to be. */
export interface Expected {
  readonly apiVersion: string;
  readonly kind: string;
  readonly schema: Schema;
  readonly nature: Kind['nature'];
}

export function expectedOf(kind: Kind): Expected {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, schema: kind.schema, nature: kind.nature };
}

export async function decodeBody(call: Call, expected: Expected = expectedOf(call.kind)): Promise<JsonRecord> {
  const schema = expected.nature === 'built-in' ? expected.schema : undefined;
  const body = await readBody(call.request.body, call.request.headers['content-type'], schema);
  return decodeObject(call, expected, body.value, body.duplicateFields);
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

/** Problems of a body that Strict refuses and Warn reports. */
export function strictProblems(unknown: readonly string[], duplicates: readonly string[]): readonly string[] {
  return [
    ...duplicates.map((field) => `duplicate field ${JSON.stringify(field)}`),
    ...unknown.map((field) => `unknown field ${JSON.stringify(field)}`),
  ].slice(0, mostStrictProblems);
}

export function decodeObject(
  call: Call,
  expected: Expected,
  value: JsonRecord,
  duplicates: readonly string[],
): JsonRecord {
  checkType(expected, value);
  const { object, unknownFields } = decodeFields(expected, value);
  const problems = strictProblems(unknownFields, duplicates);
  const validation = fieldValidation(call.query);
  if (problems.length > 0 && validation === 'Strict') {
    const version = expected.apiVersion.slice(expected.apiVersion.indexOf('/') + 1);
    const subject = `${expected.kind} in version ${JSON.stringify(version)} cannot be handled as a ${expected.kind}`;
    throw badRequest(`${subject}: strict decoding error: ${problems.join(', ')}`);
  }
  if (validation === 'Warn') call.warnings.push(...problems);
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
  } else if (value.kind !== expected.kind) {
    const given = `${String(value.apiVersion ?? '')}, Kind=${String(value.kind)}`;
    throw badRequest(
      `${expected.kind} in version ${JSON.stringify(expected.apiVersion)} cannot be handled as a ${expected.kind}: converting (${given}) to (${expected.apiVersion}, Kind=${expected.kind}): unknown conversion`,
    );
  }
  if (value.apiVersion !== undefined && value.apiVersion !== '' && value.apiVersion !== expected.apiVersion) {
    throw badRequest(
      `the API version in the data (${String(value.apiVersion)}) does not match the expected API version (${expected.apiVersion})`,
    );
  }
}
