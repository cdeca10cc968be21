/** Rules of a version's schema beyond being structural, its CEL rules included (apiextensions validation.go). */
import type { FieldError } from '../../wire/status.ts';
import { forbiddenField, invalidValue, notSupported, required } from '../field-errors.ts';
import { arrayAt, isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../json.ts';
import { type Place, RuleCosts, ruleProblems, ruleWordProblems } from './rule-definitions.ts';

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const rootFields = new Set(['metadata', 'kind', 'apiVersion']);

const unsupported: Readonly<Record<string, string>> = {
  id: 'id is not supported',
  additionalItems: 'additionalItems is not supported',
  patternProperties: 'patternProperties is not supported',
  definitions: 'definitions is not supported',
  dependencies: 'dependencies is not supported',
  $ref: '$ref is not supported',
};

interface Surroundings {
  /** Undefined where no rules are compiled: in junctors, and when the schema is not structural. */
  readonly place: Place | undefined;
  readonly forbidsDefaults: string;
  readonly insideMeta: boolean;
  /** Where an ancestor's items cannot be told apart from before to after an update. */
  readonly uncorrelatable: string;
}

/** Rules in CEL are looked at only where the schema is structural. */
export function schemaProblems(schema: JsonRecord, path: string, isStructural: boolean): readonly FieldError[] {
  const walk = new Walk();
  const place: Place | undefined = isStructural ? { schema, isResourceRoot: true, cardinality: 1 } : undefined;
  walk.visit(schema, path, true, { place, forbidsDefaults: '', insideMeta: false, uncorrelatable: '' });
  return [...walk.schemaErrors, ...walk.ruleErrors, ...walk.costs.problems(path)];
}

class Walk {
  readonly schemaErrors: FieldError[] = [];
  readonly ruleErrors: FieldError[] = [];
  readonly costs = new RuleCosts();

  visit(schema: JsonRecord, path: string, isRoot: boolean, around: Surroundings): void {
    const before = this.schemaErrors.length;
    this.#words(schema, path, around);
    this.#children(schema, path, isRoot, around);
    this.schemaErrors.push(...listProblems(schema, path), ...ruleWordProblems(schema, path));
    const { place } = around;
    if (recordsAt(schema, 'x-kubernetes-validations').length === 0 || place === undefined) return;
    if (this.schemaErrors.length > before) return;
    this.ruleErrors.push(...ruleProblems(place, path, this.costs, around.uncorrelatable));
  }

  #words(schema: JsonRecord, path: string, around: Surroundings): void {
    const errors = this.schemaErrors;
    const type = stringAt(schema, 'type');
    if (type !== '' && !types.includes(type)) errors.push(notSupported(`${path}.type`, type, types));
    if (type === 'null')
      errors.push(forbiddenField(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'));
    if (schema.default !== undefined && around.forbidsDefaults !== '')
      errors.push(forbiddenField(`${path}.default`, `must not be set ${around.forbidsDefaults}`));
    for (const [key, detail] of Object.entries(unsupported))
      if (schema[key] !== undefined) errors.push(forbiddenField(`${path}.${key}`, detail));
    if (Array.isArray(schema.items))
      errors.push(forbiddenField(`${path}.items`, 'items must be a schema object and not an array'));
    if (around.insideMeta && schema['x-kubernetes-embedded-resource'] === true)
      errors.push(forbiddenField(`${path}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta'));
    if (schema.uniqueItems === true) {
      const detail = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
      errors.push(forbiddenField(`${path}.uniqueItems`, detail));
    }
    const isMap = schema.additionalProperties !== undefined && schema.additionalProperties !== true;
    if (isMap && Object.keys(recordAt(schema, 'properties')).length > 0) {
      const detail = 'additionalProperties and properties are mutual exclusive';
      errors.push(forbiddenField(`${path}.additionalProperties`, detail));
    }
    const preserves = schema['x-kubernetes-preserve-unknown-fields'];
    if (preserves === false) {
      const at = `${path}.x-kubernetes-preserve-unknown-fields`;
      errors.push(invalidValue(at, false, 'must be true or undefined'));
    }
  }

  #children(schema: JsonRecord, path: string, isRoot: boolean, around: Surroundings): void {
    const { additionalProperties, items } = schema;
    if (isRecord(additionalProperties)) {
      const at = `${path}.additionalProperties`;
      const forbidsDefaults = around.insideMeta ? 'inside additionalProperties applying to object metadata' : '';
      this.visit(additionalProperties, at, false, {
        ...around,
        place: inside(around.place, additionalProperties, schema.maxProperties, true),
        forbidsDefaults: around.forbidsDefaults || forbidsDefaults,
      });
    }
    for (const [name, part] of Object.entries(recordAt(schema, 'properties'))) {
      if (!isRecord(part)) continue;
      const isMeta = (isRoot || schema['x-kubernetes-embedded-resource'] === true) && rootFields.has(name);
      this.visit(part, `${path}.properties[${name}]`, false, {
        ...around,
        place: inside(around.place, part, undefined, false),
        insideMeta: around.insideMeta || isMeta,
        forbidsDefaults: around.forbidsDefaults || (isMeta && isRoot ? `in top-level ${name}` : ''),
      });
    }
    const unplaced = { ...around, place: undefined };
    if (isRecord(schema.not)) this.visit(schema.not, `${path}.not`, false, unplaced);
    for (const key of ['allOf', 'oneOf', 'anyOf']) {
      for (const [index, part] of recordsAt(schema, key).entries())
        this.visit(part, `${path}.${key}[${index}]`, false, unplaced);
    }
    if (!isRecord(items)) return;
    const isMapList = schema['x-kubernetes-list-type'] === 'map';
    this.visit(items, `${path}.items`, false, {
      ...around,
      place: inside(around.place, items, schema.maxItems, true),
      uncorrelatable: around.uncorrelatable || (isMapList ? '' : path),
    });
  }
}

/** How often a part can occur: once per parent, or as often as the list or map around it lets it. */
function inside(parent: Place | undefined, schema: JsonRecord, limit: unknown, isRepeated: boolean): Place | undefined {
  if (parent === undefined) return undefined;
  const isResourceRoot = schema['x-kubernetes-embedded-resource'] === true;
  const { cardinality } = parent;
  if (!isRepeated) return { schema, isResourceRoot, cardinality };
  const repeated = cardinality === undefined || typeof limit !== 'number' ? undefined : cardinality * limit;
  return { schema, isResourceRoot, cardinality: repeated };
}

function listProblems(schema: JsonRecord, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const type = stringAt(schema, 'type');
  const mustBe = (wanted: string, word: string): void => {
    const detail = `must be ${wanted} if ${word} is specified`;
    errors.push(type === '' ? required(`${path}.type`, detail) : invalidValue(`${path}.type`, type, detail));
  };
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType !== undefined && type !== 'object') mustBe('object', 'x-kubernetes-map-type');
  const mapTypes = ['atomic', 'granular'];
  if (mapType !== undefined && !mapTypes.includes(String(mapType)))
    errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, mapTypes));
  const listType = schema['x-kubernetes-list-type'];
  const items = recordAt(schema, 'items');
  if (listType !== undefined && type !== 'array') mustBe('array', 'x-kubernetes-list-type');
  else if (listType === 'set') {
    const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
    const itemList = items['x-kubernetes-list-type'];
    if (items.type === 'array' && itemList !== undefined && itemList !== 'atomic')
      errors.push(invalidValue(`${path}.items.x-kubernetes-list-type`, itemList, detail));
    if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic')
      errors.push(invalidValue(`${path}.items.x-kubernetes-map-type`, items['x-kubernetes-map-type'], detail));
  }
  const listTypes = ['atomic', 'set', 'map'];
  if (listType !== undefined && !listTypes.includes(String(listType)))
    errors.push(notSupported(`${path}.x-kubernetes-list-type`, listType, listTypes));
  const keys = arrayAt(schema, 'x-kubernetes-list-map-keys').map(String);
  if (keys.length > 0 && listType !== 'map') {
    const at = `${path}.x-kubernetes-list-type`;
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    errors.push(listType === undefined ? required(at, detail) : invalidValue(at, listType, detail));
  }
  if (listType === 'map') errors.push(...mapListProblems(schema, items, keys, path));
  if ((listType === 'set' || listType === 'map') && items.nullable === true) {
    const detail = `cannot be nullable when x-kubernetes-list-type is ${listType}`;
    errors.push(forbiddenField(`${path}.items.nullable`, detail));
  }
  return errors;
}

function mapListProblems(schema: JsonRecord, items: JsonRecord, keys: readonly string[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const keysPath = `${path}.x-kubernetes-list-map-keys`;
  if (keys.length === 0) errors.push(required(keysPath, 'must not be empty if x-kubernetes-list-type is map'));
  if (schema.items === undefined) {
    errors.push(required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map'));
    return errors;
  }
  if (items.type !== 'object') {
    const detail = "must be object if parent array's x-kubernetes-list-type is map";
    errors.push(invalidValue(`${path}.items.type`, stringAt(items, 'type'), detail));
    return errors;
  }
  const requiredKeys = arrayAt(items, 'required');
  for (const [index, key] of keys.entries()) {
    const at = `${path}.items.properties[${key}]`;
    const field = recordAt(items, 'properties')[key];
    if (keys.indexOf(key) < index) errors.push(invalidValue(keysPath, keys, 'must not contain duplicate entries'));
    if (!isRecord(field)) {
      errors.push(invalidValue(keysPath, keys, 'entries must all be names of item properties'));
      continue;
    }
    if (field.type === 'array' || field.type === 'object') {
      const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
      errors.push(invalidValue(`${at}.type`, items.type, detail));
    }
    if (!requiredKeys.includes(key) && field.default === undefined) {
      const detail =
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
      errors.push(required(`${at}.default`, detail));
    }
    if (field.nullable === true) {
      const detail = 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable';
      errors.push(forbiddenField(`${at}.nullable`, detail));
    }
  }
  return errors;
}
