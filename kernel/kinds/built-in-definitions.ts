/** From the rows of built-in.ts to what the registry takes. */
import {
  type BuiltInRow,
  builtInRows,
  computedRows,
  deletedOneByOne,
  reviewRows,
  storedAs,
  viewsByType,
} from './built-in.ts';
import { allVerbs, apiVersionOf } from './kind.ts';
import { columnsByKind } from './printers/columns.ts';
import type { KindDefinition } from './registry.ts';
import { rulesByKind } from './rules/rules.ts';
import { deprecatedTypes, warningsByKind } from './rules/warnings.ts';
import { schemaOf } from './type-table.ts';
import { columnsThrough, rulesThrough } from './versions/version.ts';

const versionPattern = /\.(v\d+\w*)\.(\w+)$/;

const builtInScale = {
  specReplicas: ['spec', 'replicas'],
  statusReplicas: ['status', 'replicas'],
  selector: ['spec', 'selector'],
} as const;

export function builtInDefinitions(): readonly KindDefinition[] {
  return [
    ...builtInRows.map(storedDefinition),
    ...reviewRows.map(reviewDefinition),
    ...computedRows.map(computedDefinition),
  ];
}

function typeParts(type: string): { readonly version: string; readonly kind: string } {
  const [, version = '', kind = ''] = versionPattern.exec(type) ?? [];
  return { version, kind };
}

function deprecation(type: string): Pick<KindDefinition, 'deprecationWarning'> {
  const deprecationWarning = deprecatedTypes[type];
  return deprecationWarning === undefined ? {} : { deprecationWarning };
}

function reviewDefinition({ type, group, resource, namespaced, review }: (typeof reviewRows)[number]): KindDefinition {
  return { ...typeParts(type), group, resource, namespaced, review, verbs: ['create'], schema: schemaOf(type) };
}

function computedDefinition({ type, ...row }: (typeof computedRows)[number]): KindDefinition {
  const columns = columnsByKind[type] ?? [];
  return {
    ...typeParts(type),
    ...row,
    ...deprecation(type),
    computed: true,
    verbs: ['get', 'list'],
    schema: schemaOf(type),
    columns,
  };
}

function storedDefinition(row: BuiltInRow): KindDefinition {
  const view = viewsByType[row.type];
  const other = storedAs[row.type];
  const type = other?.type ?? row.type;
  const warnings = warningsByKind[type];
  const columns = columnsByKind[type] ?? [];
  const rules = { ...rulesByKind[type], ...(warnings === undefined ? {} : { warnings }) };
  return {
    ...typeParts(row.type),
    group: row.group,
    resource: row.resource,
    namespaced: row.namespaced,
    ...deprecation(row.type),
    shortNames: row.shortNames,
    categories: row.categories,
    subresources: row.subresources,
    selectable: row.selectable,
    schema: schemaOf(row.type),
    columns: other === undefined ? columns : columnsThrough(other.conversion, columns),
    rules: other === undefined ? rules : rulesThrough(other.conversion, rules),
    ...(other === undefined
      ? {}
      : {
          conversion: other.conversion,
          storageApiVersion: apiVersionOf({ group: row.group, version: typeParts(other.type).version }),
        }),
    ...(view === undefined ? {} : { view }),
    ...(deletedOneByOne.has(row.type) ? { verbs: allVerbs.filter((verb) => verb !== 'deletecollection') } : {}),
    ...(row.subresources.includes('scale') ? { scale: builtInScale } : {}),
  };
}
