/**
 * The way from client-side to server-side apply (apimachinery pkg/util/managedfields/internal/lastappliedmanager.go): what
 * kubectl applied last and nobody changed since is kubectl's to change, whoever managedFields say owns it.
 */
import { isRecord, type JsonRecord, recordAt, stringAt } from '../../kinds/json.ts';
import type { Schema } from '../../kinds/schema.ts';
import { changesBetween } from './changes.ts';
import { emptySet, type FieldSet, fieldsOf, subtract } from './field-set.ts';
import { manageable } from './managed-fields.ts';

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** The only manager that may take over what its other half has applied. */
export const migratingManager = 'kubectl';

export function lastAppliedFields(schema: Schema, apiVersion: string, live: JsonRecord): FieldSet {
  const applied = parse(stringAt(live, 'metadata', 'annotations', annotation));
  // Only of the version it is applied in now.
  if (applied === undefined || applied.apiVersion !== apiVersion) return emptySet();
  const own = manageable(applied);
  const { changed, removed } = changesBetween(schema, own, manageable(live));
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

/**
 * An apply of kubectl's keeps the annotation of its client-side half in step (internal/lastappliedupdater.go), so that one
 * can go back.
 */
export function keepLastApplied(object: JsonRecord, applied: JsonRecord): void {
  if (stringAt(object, 'metadata', 'annotations', annotation) === '') return;
  const annotations = recordAt(object, 'metadata', 'annotations');
  const metadata = recordAt(applied, 'metadata');
  const { [annotation]: _, ...others } = recordAt(metadata, 'annotations');
  const configuration: JsonRecord = {
    ...applied,
    metadata: { ...metadata, ...('annotations' in metadata ? { annotations: others } : {}) },
  };
  object.metadata = {
    ...recordAt(object, 'metadata'),
    annotations: { ...annotations, [annotation]: `${JSON.stringify(sortedKeys(configuration))}\n` },
  };
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortedKeys(value[key])]),
  );
}
