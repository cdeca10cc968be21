/** The parts of a definition that a version has, or all of them share: schema, subresources, columns, selectable fields. */
import type { FieldError } from '../../wire/status.ts';
import { duplicateValue, forbiddenField, invalidValue, required, tooMany } from '../field-errors.ts';
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../json.ts';
import { defaultProblems } from './default-rules.ts';
import { parseFieldPath } from './field-path.ts';
import { schemaProblems } from './schema-rules.ts';
import { structuralProblems } from './structure.ts';

const mostSelectableFields = 8;

/** Where the parts stand; upstream has two names for the place of a schema, and two words for its absence. */
export interface PartsPlace {
  readonly at: string;
  readonly schemaAt: string;
  readonly needsSchema: string;
  readonly hasStatus: boolean;
}

export function partsProblems(parts: JsonRecord, place: PartsPlace): FieldError[] {
  const { at, schemaAt } = place;
  const schema = recordAt(parts, 'schema').openAPIV3Schema;
  const errors: FieldError[] = [];
  if (isRecord(schema)) errors.push(...wholeSchemaProblems(schema, `${schemaAt}.openAPIV3Schema`, place.hasStatus));
  errors.push(...scaleProblems(recordAt(parts, 'subresources').scale, `${at}.subresources.scale`));
  for (const [index, column] of recordsAt(parts, 'additionalPrinterColumns').entries())
    errors.push(...columnProblems(column, `${at}.additionalPrinterColumns[${index}]`));
  const selectable = recordsAt(parts, 'selectableFields');
  const selectableAt = `${at}.selectableFields`;
  if (selectable.length === 0) return errors;
  if (isRecord(schema)) errors.push(...selectableProblems(selectable, schema, selectableAt));
  else errors.push(invalidValue(selectableAt, '', place.needsSchema));
  return errors;
}

function wholeSchemaProblems(schema: JsonRecord, at: string, hasStatus: boolean): readonly FieldError[] {
  const errors: FieldError[] = hasStatus ? rootProblems(schema, at) : [];
  if (schema.nullable === true) errors.push(forbiddenField(`${at}.nullable`, 'nullable cannot be true at the root'));
  const structural = structuralProblems(schema, at);
  const defaults = structural.length > 0 ? [] : defaultProblems(schema, at);
  errors.push(...structural, ...defaults);
  return [...errors, ...schemaProblems(schema, at, structural.length + defaults.length === 0)];
}

/** With a separate status only `properties.status` is checked by itself: nothing at the root may speak of it. */
const rootWords: Readonly<Record<string, string>> = {
  description: 'Description',
  type: 'Type',
  format: 'Format',
  title: 'Title',
  maximum: 'Maximum',
  exclusiveMaximum: 'ExclusiveMaximum',
  minimum: 'Minimum',
  exclusiveMinimum: 'ExclusiveMinimum',
  maxLength: 'MaxLength',
  minLength: 'MinLength',
  pattern: 'Pattern',
  maxItems: 'MaxItems',
  minItems: 'MinItems',
  uniqueItems: 'UniqueItems',
  multipleOf: 'MultipleOf',
  required: 'Required',
  items: 'Items',
  properties: 'Properties',
  externalDocs: 'ExternalDocs',
  example: 'Example',
  'x-kubernetes-preserve-unknown-fields': 'XPreserveUnknownFields',
  'x-kubernetes-validations': 'XValidations',
};

const underStatus = 'if the status subresource is enabled';

function rootProblems(schema: JsonRecord, at: string): FieldError[] {
  const type = stringAt(schema, 'type');
  if (type !== '' && type !== 'object') {
    const detail = `only "object" is allowed as the type at the root of the schema ${underStatus}`;
    return [invalidValue(`${at}.type`, type, detail)];
  }
  const isZero = (value: unknown): boolean => value === undefined || value === false || value === '';
  if (Object.entries(schema).every(([word, value]) => rootWords[word] !== undefined || isZero(value))) return [];
  const words = Object.values(rootWords).join(' ');
  return [invalidValue(at, schema, `only [${words}] fields are allowed at the root of the schema ${underStatus}`)];
}

/** A path of names with dots. */
function simplePathProblem(path: string): string {
  if (path === '') return 'must not be empty';
  return path.startsWith('.') ? '' : 'must be a simple json path starting with .';
}

const scalePaths: readonly (readonly [key: string, roots: readonly string[], under: string])[] = [
  ['specReplicasPath', ['.spec.'], '.spec'],
  ['statusReplicasPath', ['.status.'], '.status'],
  ['labelSelectorPath', ['.spec.', '.status.'], 'either .spec or .status'],
];

function scaleProblems(scale: unknown, at: string): FieldError[] {
  if (!isRecord(scale)) return [];
  return scalePaths.flatMap(([key, roots, under]) => {
    const path = stringAt(scale, key);
    if (path === '') return key === 'labelSelectorPath' ? [] : [required(`${at}.${key}`)];
    const problem = simplePathProblem(path);
    if (problem !== '') return [invalidValue(`${at}.${key}`, path, problem)];
    const isUnder = roots.some((root) => path.startsWith(root));
    return isUnder ? [] : [invalidValue(`${at}.${key}`, path, `should be a json path under ${under}`)];
  });
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

function columnProblems(column: JsonRecord, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const [name, type, format, path] = [
    stringAt(column, 'name'),
    stringAt(column, 'type'),
    stringAt(column, 'format'),
    stringAt(column, 'jsonPath'),
  ];
  const oneOf = (choices: readonly string[]): string => `must be one of ${choices.join(',')}`;
  if (name === '') errors.push(required(`${at}.name`));
  if (type === '') errors.push(required(`${at}.type`, oneOf(columnTypes)));
  else if (!columnTypes.includes(type)) errors.push(invalidValue(`${at}.type`, type, oneOf(columnTypes)));
  if (format !== '' && !columnFormats.includes(format))
    errors.push(invalidValue(`${at}.format`, format, oneOf(columnFormats)));
  const problem = simplePathProblem(path);
  if (path === '') errors.push(required(`${at}.JSONPath`));
  else if (problem !== '') errors.push(invalidValue(`${at}.JSONPath`, path, problem));
  return errors;
}

const selectableTypes = new Set(['string', 'boolean', 'integer']);

function selectableProblems(selectable: readonly JsonRecord[], schema: JsonRecord, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, field] of selectable.entries()) {
    const where = `${at}[${index}].jsonPath`;
    const text = stringAt(field, 'jsonPath');
    if (text === '') {
      errors.push(required(where));
      continue;
    }
    const path = parseFieldPath(text, schema, false);
    if (typeof path === 'string') {
      errors.push(invalidValue(where, text, `is an invalid path: ${path}`));
      continue;
    }
    if (path.properties[0] === 'metadata')
      errors.push(invalidValue(where, text, 'must not point to fields in metadata'));
    if (!selectableTypes.has(stringAt(path.schema, 'type'))) {
      const detail =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
      errors.push(invalidValue(where, text, detail));
    }
    if (seen.has(path.text)) errors.push(duplicateValue(where, text));
    seen.add(path.text);
  }
  return seen.size > mostSelectableFields ? [...errors, tooMany(at, seen.size, mostSelectableFields)] : errors;
}
