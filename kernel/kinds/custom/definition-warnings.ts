/** Formats a definition names that mean nothing (apiextensions-apiserver customresourcedefinition/strategy.go). */
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../json.ts';
import { isRecognised } from './formats.ts';

/** Those that come with this write. */
export function formatWarnings(definition: JsonRecord, previous: JsonRecord | undefined): readonly string[] {
  const known = previous === undefined ? new Set<string>() : unrecognised(previous);
  return [...unrecognised(definition).difference(known)].map(
    (format) => `unrecognized format ${JSON.stringify(format)}`,
  );
}

function unrecognised(definition: JsonRecord): ReadonlySet<string> {
  const found = new Set<string>();
  for (const version of recordsAt(definition, 'spec', 'versions'))
    visit(recordAt(version, 'schema').openAPIV3Schema, found);
  return found;
}

function visit(schema: unknown, found: Set<string>): void {
  if (!isRecord(schema)) return;
  const format = stringAt(schema, 'format');
  if (format !== '' && !isRecognised(stringAt(schema, 'type'), format)) found.add(format);
  const below = [schema.items, schema.not, schema.additionalProperties];
  const junctors = ['allOf', 'anyOf', 'oneOf'].flatMap((key) => recordsAt(schema, key));
  for (const part of [...below, ...junctors, ...Object.values(recordAt(schema, 'properties'))]) visit(part, found);
}
