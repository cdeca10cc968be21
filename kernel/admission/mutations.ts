/** Changing requests by policies (apiserver pkg/admission/plugin/policy/mutating). Loaded with the first one there is. */
import type { PolicyMutation } from '../kinds/admission/policy-expressions.ts';
import { toJson } from '../kinds/cel/index.ts';
import { isRecord, type JsonRecord, stringAt } from '../kinds/json.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import type { Schema } from '../kinds/schema.ts';
import { mergeApplied } from '../verbs/managed/merge-applied.ts';
import { applyJsonPatch, parseJsonPatch } from '../verbs/patches/json-patch.ts';
import { ApiError } from '../wire/status.ts';
import type { Attributes } from './attributes.ts';
import { Budget, evaluate, OutOfBudget, objectValue, policyBudget, type Values } from './evaluation.ts';
import { conditionsProblem, expressionsOf, type Occasion, withVariables } from './policies.ts';
import type { Binding, Policy } from './policy.ts';

/** A mutation that could not be made: what the failurePolicy is for. */
class MutationProblem extends Error {}

type Decode = Attributes['decode'];

/** The object as the policy wants it, with one set of parameters; the same object when it has nothing to change. */
export function mutate(
  policy: Policy,
  occasion: Occasion,
  kind: Kind,
  given: JsonRecord,
  decode: Decode,
): { readonly object: JsonRecord; readonly problem?: string } {
  const compiled = expressionsOf(policy);
  let object = given;
  const values = (): Values => withVariables(compiled, { ...occasion.values, object: objectValue(object) });
  const judged = conditionsProblem(policy, values());
  if (judged.problem !== undefined) return { object, problem: judged.problem };
  if (!judged.hold) return { object };
  try {
    for (const mutation of compiled.mutations) object = mutateBy(mutation, values(), kind, object, decode);
    return { object };
  } catch (error) {
    if (!(error instanceof MutationProblem || error instanceof OutOfBudget)) throw error;
    return { object: given, problem: error.message };
  }
}

function mutateBy(
  { type, text, compiled }: PolicyMutation,
  values: Values,
  kind: Kind,
  object: JsonRecord,
  decode: Decode,
): JsonRecord {
  const { value, error } = evaluate(text, compiled, values, new Budget(policyBudget));
  if (error !== undefined || value === undefined) throw new MutationProblem(error ?? 'the expression gave no value');
  const json = toJson(value);
  return type === 'JSONPatch' ? patched(json, kind, object, decode) : applied(json, kind, object, decode);
}

function patched(patch: unknown, kind: Kind, object: JsonRecord, decode: Decode): JsonRecord {
  try {
    const operations = parseJsonPatch(patch);
    if (operations.length === 0) return object;
    const made = applyJsonPatch(object, operations);
    if (!isRecord(made)) throw new Error('the patch leaves no object');
    return decode(made, kind).object;
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error);
    const why = told.replace(/^the server rejected our request due to an error in our request: /, '');
    // A test that fails says that the patch is not meant for this object.
    if (/^testing value .* failed$/.test(why)) return object;
    throw new MutationProblem(`JSONPath: ${why}`);
  }
}

function applied(configuration: unknown, kind: Kind, object: JsonRecord, decode: Decode): JsonRecord {
  if (!isRecord(configuration)) throw new MutationProblem('the expression gave no object');
  const atomics = findAtomics(kind.schema, configuration, '');
  if (atomics.length > 0) {
    const why = `may not mutate atomic arrays, maps or structs: ${atomics.join(', ')}`;
    throw new MutationProblem(`error applying patch: invalid ApplyConfiguration: ${why}`);
  }
  try {
    const typed = { ...configuration, apiVersion: apiVersionOf(kind), kind: kind.kind };
    const [unknown] = decode(structuredClone(typed), kind).unknownFields;
    if (unknown !== undefined) throw new Error(`.${unknown}: field not declared in schema`);
    return decode(mergeApplied(kind.schema, object, configuration) as JsonRecord, kind).object;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new MutationProblem(`error applying patch: failed to convert patch object to typed object: ${why}`);
  }
}

/** What would be replaced as a whole: its other parts would be lost. */
function findAtomics(schema: Schema | undefined, value: unknown, path: string): readonly string[] {
  if (schema === undefined) return [];
  if (Array.isArray(value)) {
    const isAtomic = schema.type === 'array' && (schema.listType ?? 'atomic') === 'atomic';
    return isAtomic ? [path] : value.flatMap((item, index) => findAtomics(schema.items, item, `${path}[${index}]`));
  }
  if (!isRecord(value)) return [];
  return [
    ...(schema.mapType === 'atomic' ? [path] : []),
    ...Object.entries(value).flatMap(([key, item]) =>
      findAtomics(schema.fields?.get(key)?.schema ?? schema.values, item, `${path}.${key}`),
    ),
  ];
}

export function mutationError(
  { kind, name, object }: Attributes,
  policy: Policy,
  binding: Binding,
  problem: string,
): ApiError {
  const message = `policy '${policy.name}' with binding '${binding.name}' denied request: ${problem}`;
  const subject = name || stringAt(object, 'metadata', 'name');
  return new ApiError(403, 'Invalid', message, {
    ...(subject === '' ? {} : { name: subject }),
    ...(kind.group === '' ? {} : { group: kind.group }),
    kind: kind.resource,
    causes: [{ message }],
  });
}
