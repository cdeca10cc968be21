/** A second version of a built-in kind: the same stored objects, other fields. */
import type { JsonRecord } from '../json.ts';
import type { Column, KindRules, VersionConversion } from '../kind.ts';

/** Rules of the stored version, for objects of the other one. */
export function rulesThrough({ toStored, fromStored }: VersionConversion, rules: KindRules): KindRules {
  const through = (object: JsonRecord, change: (stored: JsonRecord) => void): void => {
    const stored = toStored(object);
    change(stored);
    const changed = fromStored(stored);
    for (const key of Object.keys(object)) if (!Object.hasOwn(changed, key)) delete object[key];
    Object.assign(object, changed);
  };
  const { defaults, prepareCreate, prepareUpdate, prepareStatus, validate, validateCreate, validateUpdate } = rules;
  return {
    ...rules,
    ...(defaults && { defaults: (object) => through(object, defaults) }),
    ...(prepareCreate && {
      prepareCreate: (object, context) => through(object, (stored) => prepareCreate(stored, context)),
    }),
    ...(prepareUpdate && {
      prepareUpdate: (object, previous, context) =>
        through(object, (stored) => prepareUpdate(stored, toStored(previous), context)),
    }),
    ...(prepareStatus && {
      prepareStatus: (object, previous, context) =>
        through(object, (stored) => prepareStatus(stored, toStored(previous), context)),
    }),
    ...(validate && { validate: (object) => validate(toStored(object)) }),
    ...(validateCreate && { validateCreate: (object) => validateCreate(toStored(object)) }),
    ...(validateUpdate && {
      validateUpdate: (object, previous) => validateUpdate(toStored(object), toStored(previous)),
    }),
  };
}

/** Columns show the same of every version. */
export const columnsThrough = ({ toStored }: VersionConversion, columns: readonly Column[]): readonly Column[] =>
  columns.map((column) => ({ ...column, cell: (object, nowMs) => column.cell(toStored(object), nowMs) }));
