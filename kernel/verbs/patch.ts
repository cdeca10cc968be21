/** patch: JSON, merge, strategic merge. The patch is applied to what the store holds at the moment of the write. */
import type { ApiResponse } from '@diatom/sdk/api';
import { isRecord, type JsonRecord, stringAt } from '../kinds/json.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import type { Schema } from '../kinds/schema.ts';
import { bodyLimitBytes } from '../wire/body.ts';
import { parseJsonBody } from '../wire/json-body.ts';
import { bodyType } from '../wire/media.ts';
import { ApiError, badRequest, entityTooLarge, invalid, notFound } from '../wire/status.ts';
import type { Call, Context } from './context.ts';
import { decodeFields, type Expected, expectedOf, fieldValidation, strictProblems } from './decode.ts';
import { applyJsonPatch, parseJsonPatch, unknownMembers } from './patches/json-patch.ts';
import { applyMergePatch } from './patches/merge-patch.ts';
import { applyStrategicMerge } from './patches/strategic-merge.ts';
import { asVersion, parseStored } from './stored.ts';
import { replace } from './update.ts';
import { commit, isDryRun, objectKey, respond } from './write.ts';

/** From the present object to the wanted one. */
export interface Patch {
  readonly apply: (current: JsonRecord) => JsonRecord;
  /** What a strict reader minds about the patch itself. */
  readonly problems: readonly string[];
  readonly value: unknown;
}

const jsonPatch = 'application/json-patch+json';
const mergePatch = 'application/merge-patch+json';
const strategicMergePatch = 'application/strategic-merge-patch+json';
export const applyPatch = 'application/apply-patch+yaml';

export function patchTypes(nature: Kind['nature']): readonly string[] {
  return [jsonPatch, mergePatch, ...(nature === 'built-in' ? [strategicMergePatch] : []), applyPatch];
}

export function readPatch(call: Call, nature: Kind['nature'], schema: Schema): Patch {
  const { body, headers } = call.request;
  if (body.length > bodyLimitBytes)
    throw entityTooLarge(`limit is ${bodyLimitBytes} bytes, the request body has ${body.length}`);
  const type = bodyType(headers['content-type']);
  const text = new TextDecoder().decode(body);
  const accepted = patchTypes(nature);
  if (!accepted.includes(type)) {
    throw new ApiError(
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
    );
  }
  const { value, duplicateFields } = parsePatch(text);
  if (type === jsonPatch) {
    const operations = parseJsonPatch(value);
    const unknown = unknownMembers(value);
    const problems = strictProblems(value, { unknown, duplicates: duplicateFields }, 'as-read');
    return {
      value,
      problems: problems.map((problem) => `json patch ${problem}`),
      apply: (current) => requireObject(applyJsonPatch(current, operations)),
    };
  }
  if (!isRecord(value))
    throw badRequest(
      'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
    );
  const problems = strictProblems(value, { unknown: [], duplicates: duplicateFields }, 'given');
  if (type === mergePatch) {
    return { value, problems, apply: (current) => requireObject(applyMergePatch(current, value)) };
  }
  return { value, problems, apply: (current) => applyStrategicMerge(current, value, schema) };
}

function parsePatch(text: string) {
  try {
    return parseJsonBody(text);
  } catch {
    throw badRequest(`error decoding patch: invalid character in the patch, which is not JSON: ${text.slice(0, 80)}`);
  }
}

function requireObject(value: unknown): JsonRecord {
  if (!isRecord(value)) throw badRequest('the patch does not leave an object');
  return value;
}

/** The patched object, decoded as a PUT body would be; Strict complaints name the patch. */
export function patched(call: Call, expected: Expected, patch: Patch, current: JsonRecord): JsonRecord {
  const wanted = patch.apply(current);
  if (wanted.kind !== undefined && wanted.kind !== expected.kind) {
    throw badRequest(
      `the kind of an object cannot be changed: it is a ${expected.kind}, the patch says ${String(wanted.kind)}`,
    );
  }
  const invalidPatch = (why: string): ApiError => {
    const message = `Invalid value: ${JSON.stringify(JSON.stringify(patch.value))}: ${why}`;
    return invalid({ group: '', kind: '' }, '', [{ reason: 'FieldValueInvalid', field: 'patch', message }]);
  };
  const { object, unknownFields } = decodePatched(expected, wanted, invalidPatch);
  const order = expected.nature === 'custom' ? 'given' : 'by-name';
  const problems = [...patch.problems, ...strictProblems(wanted, { unknown: unknownFields, duplicates: [] }, order)];
  const validation = fieldValidation(call.query);
  if (problems.length > 0 && validation === 'Strict') {
    throw invalidPatch(`strict decoding error: ${problems.join(', ')}`);
  }
  if (validation === 'Warn')
    for (const problem of problems) if (!call.warnings.includes(problem)) call.warnings.push(problem);
  return object;
}

/** A value of the wrong type is a mistake of the patch: 422, where a whole object's is 400 (handlers/patch.go). */
function decodePatched(expected: Expected, wanted: JsonRecord, invalidPatch: (why: string) => ApiError) {
  try {
    return decodeFields(expected, wanted);
  } catch (error) {
    throw error instanceof ApiError && error.code === 400 ? invalidPatch(error.message) : error;
  }
}

export async function patch(context: Context, call: Call): Promise<ApiResponse> {
  if (bodyType(call.request.headers['content-type']) === applyPatch) {
    const { apply } = await import('./apply.ts');
    return apply(context, call);
  }
  const { kind, route } = call;
  // First of all whether it can be read: client-go tries another form when it cannot.
  const change = readPatch(call, kind.nature, kind.schema);
  const dryRun = isDryRun(call.query, 'PatchOptions');
  if (call.query.get('force') !== null) {
    const message = 'Forbidden: may not be specified for non-apply patch';
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
      { reason: 'FieldValueForbidden', field: 'force', message },
    ]);
  }
  const expected = expectedOf(kind);
  const outcome = await commit(context, objectKey(call, route.name), dryRun, (current, round) => {
    if (current === undefined) throw notFound(kind, route.name);
    const before = parseStored(asVersion(kind, current.value));
    before.apiVersion = apiVersionOf(kind);
    const object = patched(call, expected, change, before);
    if (stringAt(object, 'metadata', 'name') !== route.name) {
      throw badRequest(
        `the name of the object (${stringAt(object, 'metadata', 'name')}) does not match the name on the URL (${route.name})`,
      );
    }
    return replace(context, call, current, object, { verb: 'patch', round, dryRun });
  });
  return respond(context, call, outcome.text, 200);
}
