/** What a custom kind does beyond its schema's data: validation with rules, and bringing older objects up to date. */
import type { FieldError } from '../../wire/status.ts';
import { invalidValue } from '../field-errors.ts';
import type { JsonRecord } from '../json.ts';
import type { ScalePaths } from '../kind.ts';
import type { Schema } from '../schema.ts';
import type { RuleNode } from './cel-rules.ts';
import type { ConversionWebhook } from './conversion-spec.ts';
import { Correlation } from './correlation.ts';
import { decodeStored } from './decode-custom.ts';
import { applySchemaDefaults } from './defaults.ts';
import { embeddedErrors } from './embedded.ts';
import { celRules, hasRules } from './lazy-rules.ts';
import { listTypeErrors } from './list-types.ts';
import { scaleErrors } from './scale-values.ts';
import { schemaErrors } from './validate.ts';

export interface CustomBehaviour {
  /** `previous` on an update. Of a write of the status the rest is not asked again but for rules. */
  readonly validate: (
    object: JsonRecord,
    previous: JsonRecord | undefined,
    /** Takes problems of what was there before. */
    warnings: string[],
    part?: 'all' | 'status',
  ) => readonly FieldError[];
  /** Objects written before this revision have been defaulted and pruned by another schema. */
  readonly since: number;
  /** An object of this version as the present schema wants it; what is given may be changed. */
  readonly renew: (object: JsonRecord) => JsonRecord;
  /** Present when objects of other versions have to be converted by a webhook. */
  readonly conversion: ConversionWebhook | undefined;
}

interface Source {
  readonly schema: Schema;
  /** Of the version objects are stored in. */
  readonly storageSchema: Schema;
  readonly openApi: JsonRecord;
  readonly since: number;
  readonly conversion: ConversionWebhook | undefined;
  readonly scale: ScalePaths | undefined;
}

/** After these upstream does not run the rules: they would meet values of the wrong type. */
const blocking = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);
const unchecked =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

/** Upstream's order (apiextensions-apiserver pkg/registry/customresource/{strategy,status_strategy}.go). */
export function behaviourOf(source: Source): CustomBehaviour {
  const { schema, storageSchema, openApi, since, conversion, scale } = source;
  let tree: RuleNode | undefined | null = null;
  const rules = (): RuleNode | undefined => {
    if (tree === null) tree = hasRules(openApi) ? celRules().compileRuleTree(openApi, true) : undefined;
    return tree;
  };
  const valueErrors = (object: JsonRecord, previous: JsonRecord | undefined): readonly FieldError[] => {
    const errors = schemaErrors(schema, object, '');
    if (errors.length === 0 || previous === undefined) return errors;
    // The version changes with the reader: what is said of it is never old.
    const ofType = errors.filter(({ field }) => field === 'apiVersion' || field === 'kind');
    const rest = schemaErrors(schema, object, '', Correlation.root(object, previous));
    return [...ofType, ...rest.filter(({ field }) => field !== 'apiVersion' && field !== 'kind')];
  };
  const status = schema.fields?.get('status')?.schema;
  const statusErrors = (object: JsonRecord, previous: JsonRecord): readonly FieldError[] => {
    if (status === undefined || object.status === undefined) return [];
    const old = Correlation.root(object, previous).key('status', object.status);
    return schemaErrors(status, object.status, 'status', old);
  };
  const listErrors = (object: JsonRecord, previous: JsonRecord | undefined): readonly FieldError[] => {
    const errors = listTypeErrors(schema, object, '');
    if (errors.length === 0 || previous === undefined) return errors;
    return listTypeErrors(schema, previous, '').length === 0 ? errors : [];
  };
  return {
    since,
    conversion,
    renew: (object) => {
      // Read without a webhook it has the defaults of the version it is stored in, and no others.
      if (conversion === undefined) {
        applySchemaDefaults(storageSchema, object);
        return decodeStored(schema, object);
      }
      const renewed = decodeStored(schema, object);
      applySchemaDefaults(schema, renewed);
      return renewed;
    },
    validate: (object, previous, warnings, part = 'all') => {
      const isStatus = part === 'status' && previous !== undefined;
      const errors = [
        ...(isStatus ? statusErrors(object, previous) : valueErrors(object, previous)),
        ...(scale === undefined ? [] : scaleErrors(scale, object, isStatus ? 'status' : 'all')),
        ...(isStatus ? [] : embeddedErrors(schema, object, '')),
        ...listErrors(object, previous),
      ];
      const all = rules();
      if (all === undefined) return errors;
      if (errors.some(({ reason }) => blocking.has(reason))) return [...errors, invalidValue('<nil>', null, unchecked)];
      const result = celRules().runRules(all, object, previous, '');
      warnings.push(...result.warnings.map(({ field, message }) => `${field}: ${message}`));
      return [...errors, ...result.errors];
    },
  };
}
