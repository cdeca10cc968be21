/** What a custom kind does beyond its schema's data: validation with rules, and bringing older objects up to date. */
import type { FieldError } from '../../wire/status.ts';
import { invalidValue } from '../field-errors.ts';
import type { JsonRecord } from '../json.ts';
import type { Schema } from '../schema.ts';
import type { RuleNode } from './cel-rules.ts';
import type { ConversionWebhook } from './conversion-spec.ts';
import { Correlation } from './correlation.ts';
import { decodeCustom } from './decode-custom.ts';
import { applySchemaDefaults } from './defaults.ts';
import { celRules, hasRules } from './lazy-rules.ts';
import { schemaErrors } from './validate.ts';

export interface CustomBehaviour {
  /** `previous` on an update. Problems of what was there before go into `warnings`. */
  readonly validate: (
    object: JsonRecord,
    previous: JsonRecord | undefined,
    warnings: string[],
  ) => readonly FieldError[];
  /** Objects written before this revision have been defaulted and pruned by another schema. */
  readonly since: number;
  /** An object of this version as the present schema wants it. */
  readonly renew: (object: JsonRecord) => JsonRecord;
  /** Present when objects of other versions have to be converted by a webhook. */
  readonly conversion: ConversionWebhook | undefined;
}

interface Source {
  readonly schema: Schema;
  readonly openApi: JsonRecord;
  readonly kind: string;
  readonly version: string;
  readonly since: number;
  readonly conversion: ConversionWebhook | undefined;
}

/** After these upstream does not run the rules: they would meet values of the wrong type. */
const blocking = new Set(['FieldValueRequired', 'FieldValueTooLong', 'FieldValueTooMany', 'FieldValueTypeInvalid']);
const unchecked =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

export function behaviourOf(source: Source): CustomBehaviour {
  const { openApi, kind, version, since, conversion } = source;
  const schema = withoutRootFields(source.schema);
  let tree: RuleNode | undefined | null = null;
  const rules = (): RuleNode | undefined => {
    if (tree === null) tree = hasRules(openApi) ? celRules().compileRuleTree(openApi, true) : undefined;
    return tree;
  };
  return {
    since,
    conversion,
    renew: (object) => {
      const renewed = decodeCustom(source.schema, object, kind, version).object;
      applySchemaDefaults(source.schema, renewed);
      return renewed;
    },
    validate: (object, previous, warnings) => {
      const body = bodyOf(object);
      let errors = schemaErrors(schema, body, '');
      if (errors.length > 0 && previous !== undefined) {
        errors = schemaErrors(schema, body, '', Correlation.root(body, bodyOf(previous)));
      }
      const all = rules();
      if (all === undefined) return errors;
      if (errors.some(({ reason }) => blocking.has(reason))) return [...errors, invalidValue('<nil>', null, unchecked)];
      const result = celRules().runRules(all, object, previous, '');
      warnings.push(...result.warnings.map(({ field, message }) => `${field}: ${message}`));
      return [...errors, ...result.errors];
    },
  };
}

/** apiVersion, kind and metadata are checked elsewhere, whatever the schema says of them. */
function bodyOf(object: JsonRecord): JsonRecord {
  const { metadata: _metadata, apiVersion: _version, kind: _kind, ...body } = object;
  return body;
}

const rootFields = new Set(['apiVersion', 'kind', 'metadata']);

function withoutRootFields(schema: Schema): Schema {
  const { rules } = schema;
  if (rules === undefined) return schema;
  return { ...schema, rules: { ...rules, required: rules.required.filter((name) => !rootFields.has(name)) } };
}
