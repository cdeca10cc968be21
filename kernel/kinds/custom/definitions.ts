/** From a stored CustomResourceDefinition to what the registry takes. */
import type { JsonRecord } from '../json.ts';
import type { KindDefinition } from '../registry.ts';

export function definitionsOf(_crd: JsonRecord): readonly KindDefinition[] {
  return [];
}
