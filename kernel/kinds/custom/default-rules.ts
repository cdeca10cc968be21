/** Defaults in a schema: each has to be a value the schema accepts, with nothing to prune (schema/defaulting/validation.go). */
import { ApiError, type FieldError } from '../../wire/status.ts';
import { invalidValue } from '../field-errors.ts';
import { deepEqual, isRecord, type JsonRecord, recordAt } from '../json.ts';
import { compileSchema } from './compile.ts';
import { coerceEmbedded, embeddedErrors } from './embedded.ts';
import { celRules, hasRules } from './lazy-rules.ts';
import { prune } from './prune.ts';
import { schemaErrors } from './validate.ts';

/** The default of a part of metadata, as an object with nothing else but it. */
type Surround = (value: unknown) => JsonRecord;

interface Place {
  /** The schema of the object the metadata belong to. */
  readonly resource: JsonRecord;
  readonly surround: Surround;
  readonly isInsideMeta: boolean;
}

const bare: JsonRecord = { apiVersion: 'validation/v1', kind: 'Validation' };
const whole: Surround = (value) => ({ ...bare, ...(isRecord(value) ? value : {}) });

export function defaultProblems(schema: JsonRecord, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const resource = { ...schema, 'x-kubernetes-embedded-resource': true };
  visit(resource, path, { resource, surround: whole, isInsideMeta: false }, errors);
  return errors;
}

const metaFields = new Set(['metadata', 'apiVersion', 'kind']);

/** Not into additionalProperties, as upstream. */
function visit(schema: JsonRecord, path: string, around: Place, errors: FieldError[]): void {
  const isResource = schema['x-kubernetes-embedded-resource'] === true;
  const place: Place = isResource ? { resource: schema, surround: whole, isInsideMeta: false } : around;
  if (schema.default !== undefined && schema.default !== null)
    errors.push(...problemsOf(schema, schema.default, `${path}.default`, place));
  const { items } = schema;
  if (isRecord(items))
    visit(
      items,
      `${path}.items`,
      inside(place, (value) => [value]),
      errors,
    );
  for (const [name, part] of Object.entries(recordAt(schema, 'properties'))) {
    if (!isRecord(part)) continue;
    const isInsideMeta = place.isInsideMeta || (isResource && metaFields.has(name));
    const next = { ...inside(place, (value) => ({ [name]: value })), isInsideMeta };
    visit(part, `${path}.properties[${name}]`, next, errors);
  }
}

function inside(place: Place, wrap: (value: unknown) => unknown): Place {
  return { ...place, surround: (value) => place.surround(wrap(value)) };
}

function problemsOf(schema: JsonRecord, value: unknown, path: string, place: Place): readonly FieldError[] {
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;
  const metadata = place.isInsideMeta ? metadataProblem(place, value) : '';
  if (metadata !== '') return [invalidValue(path, value, `must result in valid metadata: ${metadata}`)];
  const compiled = compileSchema(schema);
  if (!place.isInsideMeta) {
    const pruned = prune(compiled, value, isEmbedded ? '' : 'default', []);
    if (!deepEqual(pruned, value)) return [invalidValue(path, value, 'must not have unknown fields')];
    const embedded = coercionProblem(schema, value) ?? embeddedErrors(compiled, value, path);
    if (embedded.length > 0) return embedded;
  }
  const errors = schemaErrors(compiled, value, path);
  if (errors.length > 0) return errors;
  if (!hasRules(schema)) return [];
  const { compileRuleTree, runRules } = celRules();
  const tree = compileRuleTree(schema, isEmbedded);
  if (tree === undefined) return [];
  // As a value that stays, and as one that comes.
  const staying = runRules(tree, value, value, path);
  const found = [...staying.errors, ...staying.warnings];
  return found.length > 0 ? found : runRules(tree, value, undefined, path).errors;
}

function metadataProblem({ resource, surround }: Place, value: unknown): string {
  const object = surround(structuredClone(value));
  const compiled = compileSchema(resource);
  const refused = coercionProblem(resource, object);
  const errors = refused ?? embeddedErrors(compiled, object, '');
  const texts = errors.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`));
  return texts.length > 1 ? `[${texts.join(', ')}]` : (texts[0] ?? '');
}

/** Metadata of a type that cannot be. */
function coercionProblem(schema: JsonRecord, value: unknown): readonly FieldError[] | undefined {
  try {
    coerceEmbedded(compileSchema(schema), structuredClone(value), { subject: '', unknown: [] });
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return [{ reason: 'FieldValueInvalid', field: '', message: error.message.replace(/^: /, '') }];
  }
}
