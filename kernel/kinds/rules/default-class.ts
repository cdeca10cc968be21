/** The class an object gets that names none: the one an administrator marked (kubernetes plugin/pkg/admission). */
import { type JsonRecord, recordAt, stringAt } from '../json.ts';
import type { ObjectList } from '../kind.ts';

export interface Classes {
  readonly group: string;
  readonly resource: string;
  /** Any of these marks a default. */
  readonly annotations: readonly string[];
}

/** Of several the newest; of those of one second the first by name. Empty: there is none. */
export function defaultClass({ group, resource, annotations }: Classes, list: ObjectList): string {
  const isDefault = (one: JsonRecord): boolean =>
    annotations.some((key) => recordAt(one, 'metadata', 'annotations')[key] === 'true');
  const made = (one: JsonRecord): number => Date.parse(stringAt(one, 'metadata', 'creationTimestamp'));
  const name = (one: JsonRecord): string => stringAt(one, 'metadata', 'name');
  const [first] = list(group, resource, '')
    .filter(isDefault)
    .sort((a, b) => made(b) - made(a) || (name(a) < name(b) ? -1 : 1));
  return first === undefined ? '' : name(first);
}
