/** Defaults in a schema: each has to be a value the schema accepts, with nothing to prune (schema/defaulting/validation.go). */
import type { FieldError } from '../../wire/status.ts';
import { invalidValue } from '../field-errors.ts';
import { deepEqual, isRecord, type JsonRecord, recordAt } from '../json.ts';
import { compileSchema } from './compile.ts';
import { celRules, hasRules } from './lazy-rules.ts';
import { prune } from './prune.ts';
import { schemaErrors } from './validate.ts';

export function defaultProblems(schema: JsonRecord, path: string): FieldError[] {
  const errors: FieldError[] = [];
  visit(schema, path, errors);
  return errors;
}

function visit(schema: JsonRecord, path: string, errors: FieldError[]): void {
  if (schema.default !== undefined) errors.push(...problemsOf(schema, schema.default, `${path}.default`));
  if (isRecord(schema.items)) visit(schema.items, `${path}.items`, errors);
  for (const [name, part] of Object.entries(recordAt(schema, 'properties')))
    if (isRecord(part)) visit(part, `${path}.properties[${name}]`, errors);
  if (isRecord(schema.additionalProperties)) visit(schema.additionalProperties, `${path}.additionalProperties`, errors);
}

function problemsOf(schema: JsonRecord, value: unknown, path: string): readonly FieldError[] {
  const compiled = compileSchema(schema);
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;
  const pruned = prune(compiled, value, isEmbedded ? '' : 'default', []);
  if (!deepEqual(pruned, value)) return [invalidValue(path, value, 'must not have unknown fields')];
  const errors = schemaErrors(compiled, value, path);
  if (errors.length > 0) return errors;
  if (!hasRules(schema)) return [];
  const { compileRuleTree, runRules } = celRules();
  const tree = compileRuleTree(schema, isEmbedded);
  return tree === undefined ? [] : runRules(tree, value, undefined, path).errors;
}
