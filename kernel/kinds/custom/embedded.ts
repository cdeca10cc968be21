/** An object in an object (apiextensions-apiserver pkg/apiserver/schema/objectmeta/validation.go): it is one as any other. */
import { ApiError, type FieldError } from '../../wire/status.ts';
import { decodeTyped } from '../decode-typed.ts';
import { invalidValue, required } from '../field-errors.ts';
import { isRecord, type JsonRecord } from '../json.ts';
import { label1035Problems } from '../names.ts';
import { schemaOf } from '../type-table.ts';
import { validateMetadata } from '../validate-metadata.ts';

export function embeddedErrors(value: JsonRecord, path: string): readonly FieldError[] {
  const at = (key: string): string => (path === '' ? key : `${path}.${key}`);
  const errors: FieldError[] = [];
  const { apiVersion, kind, metadata } = value;
  if (typeof apiVersion !== 'string' || apiVersion === '') errors.push(required(at('apiVersion'), 'must not be empty'));
  else if (apiVersion.split('/').length > 2)
    errors.push(invalidValue(at('apiVersion'), apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  if (typeof kind !== 'string' || kind === '') errors.push(required(at('kind'), 'must not be empty'));
  else {
    const problems = label1035Problems(kind.toLowerCase());
    if (problems.length > 0) {
      const detail = `may have mixed case, but should otherwise match: ${problems.join(',')}`;
      errors.push(invalidValue(at('kind'), kind, detail));
    }
  }
  if (isRecord(metadata)) errors.push(...metadataErrors(metadata, at('metadata')));
  return errors;
}

function metadataErrors(metadata: JsonRecord, path: string): readonly FieldError[] {
  try {
    const { object } = decodeTyped(schemaOf('meta.v1.ObjectMeta'), metadata, 'ObjectMeta', 'v1');
    // It need not have a name; the rules of names are those of its kind, which nobody here knows.
    const named = { name: 'fakename', ...object };
    return validateMetadata({ nature: 'custom', rules: { name: 'path-segment' } }, { metadata: named }).map(
      (error) => ({
        ...error,
        field: error.field.replace(/^metadata/, path),
      }),
    );
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return [invalidValue(path, metadata, error.message)];
  }
}
