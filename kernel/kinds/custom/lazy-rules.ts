/**
 * The language of rules takes longer to load than everything else about kinds together: it is read, at once and not in
 * the background, when the first definition with rules is met.
 */
import { createRequire } from 'node:module';
import { isRecord, recordAt, recordsAt } from '../json.ts';

const load = createRequire(import.meta.url);

export const celRules = (): typeof import('./cel-rules.ts') => load('./cel-rules.ts');
export const celTypes = (): typeof import('./cel-type.ts') => load('./cel-type.ts');

/** Whether a schema has rules in or below it. */
export function hasRules(schema: unknown): boolean {
  if (!isRecord(schema)) return false;
  if (recordsAt(schema, 'x-kubernetes-validations').length > 0) return true;
  const below = [schema.items, schema.additionalProperties, ...recordsAt(schema, 'allOf')];
  return below.some(hasRules) || Object.values(recordAt(schema, 'properties')).some(hasRules);
}
