/**
 * The way from client-side to server-side apply (apimachinery pkg/util/managedfields/internal/lastappliedmanager.go): what
 * kubectl applied last and nobody changed since is kubectl's to change, whoever managedFields say owns it.
 */
import { isRecord, type JsonRecord, stringAt } from '../../kinds/json.ts';
import type { Schema } from '../../kinds/schema.ts';
import { compareFields, emptySet, type FieldSet, fieldsOf, subtract } from './field-set.ts';
import { manageable } from './managed-fields.ts';

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** The only manager that may take over what its other half has applied. */
export const migratingManager = 'kubectl';

export function lastAppliedFields(schema: Schema, live: JsonRecord): FieldSet {
  const applied = parse(stringAt(live, 'metadata', 'annotations', annotation));
  if (applied === undefined) return emptySet();
  const own = manageable(applied);
  const { changed, removed } = compareFields(schema, own, manageable(live));
  return subtract(subtract(fieldsOf(schema, own), changed), removed);
}

function parse(text: string): JsonRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    // Anybody may write anything into an annotation.
    return undefined;
  }
}
