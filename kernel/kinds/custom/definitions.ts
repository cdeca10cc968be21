/** From a stored CustomResourceDefinition to what the registry takes: one kind per served version. */
import { arrayAt, isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../json.ts';
import type { Column, ScalePaths } from '../kind.ts';
import { age } from '../printers/table-columns.ts';
import type { KindDefinition } from '../registry.ts';
import type { Schema } from '../schema.ts';
import { behaviourOf } from './behaviour.ts';
import { compileSchema } from './compile.ts';
import { conversionOf } from './conversion-spec.ts';
import { applySchemaDefaults } from './defaults.ts';
import { hasCondition } from './definition-status.ts';
import { coerceEmbedded, hasEmbedded } from './embedded.ts';
import { evaluateJsonPath, type JsonPath, parseJsonPath } from './json-path.ts';
import { compareVersions } from './version-order.ts';

const nothing: Schema = { type: 'any' };

/** `since`: the revision a version's schema is as it is from. */
export function definitionsOf(crd: JsonRecord, since: (version: string) => number): readonly KindDefinition[] {
  // Until its names are accepted nothing of it is served.
  if (!hasCondition(crd, 'Established')) return [];
  const spec = recordAt(crd, 'spec');
  const group = stringAt(spec, 'group');
  const names = recordAt(crd, 'status', 'acceptedNames');
  const conversion = conversionOf(crd);
  const versions = recordsAt(spec, 'versions');
  const storage = versions.find((version) => version.storage === true);
  const schemas = new Map(
    versions.map((version) => [
      stringAt(version, 'name'),
      compileSchema(recordAt(version, 'schema', 'openAPIV3Schema')),
    ]),
  );
  const storageSchema = schemas.get(stringAt(storage, 'name')) ?? nothing;
  // What is read has been through the schema it is stored by, too.
  const changed = Math.max(...versions.map((version) => since(stringAt(version, 'name'))));
  return versions
    .filter((version) => version.served === true)
    .map((version) => {
      const source = recordAt(version, 'schema', 'openAPIV3Schema');
      const name = stringAt(version, 'name');
      const schema = schemas.get(name) ?? nothing;
      /** Without a webhook the version that is stored fills in what it defaults, whatever version is written. */
      const defaults = (object: JsonRecord): void => {
        applySchemaDefaults(schema, object);
        if (conversion === undefined && schema !== storageSchema) applySchemaDefaults(storageSchema, object);
        // Defaults may have put metadata in that have unknown fields.
        if (hasEmbedded(schema)) coerceEmbedded(schema, object, { unknown: [] });
      };
      const kind = stringAt(names, 'kind');
      const scale = scalePaths(version);
      return {
        group,
        version: name,
        kind,
        listKind: stringAt(names, 'listKind') || `${kind}List`,
        resource: stringAt(names, 'plural'),
        singular: stringAt(names, 'singular'),
        shortNames: arrayAt(names, 'shortNames').map(String),
        categories: arrayAt(names, 'categories').map(String),
        namespaced: spec.scope === 'Namespaced',
        storageApiVersion: `${group}/${stringAt(storage, 'name')}`,
        schema,
        nature: 'custom',
        subresources: [
          ...(isRecord(recordAt(version, 'subresources').status) ? ['status'] : []),
          ...(scale === undefined ? [] : ['scale']),
        ],
        ...(scale === undefined ? {} : { scale }),
        selectable: recordsAt(version, 'selectableFields').map((field) =>
          stringAt(field, 'jsonPath').replace(/^\./, ''),
        ),
        columns: columnsOf(version),
        rules: { generation: true, conditionalUpdate: true, defaults },
        terminating: stringAt(crd, 'metadata', 'deletionTimestamp') !== '',
        publishedSchema: source,
        custom: behaviourOf({ schema, storageSchema, openApi: source, since: changed, conversion, scale }),
        ...(version.deprecated === true ? { deprecationWarning: deprecationWarning(crd, version) } : {}),
      } satisfies KindDefinition;
    });
}

/** The newest version that is not deprecated is the one to move to. */
function deprecationWarning(crd: JsonRecord, version: JsonRecord): string {
  const spec = recordAt(crd, 'spec');
  const own = stringAt(version, 'deprecationWarning');
  if (own !== '') return own;
  const named = (name: string): string => `${stringAt(spec, 'group')}/${name} ${stringAt(spec, 'names', 'kind')}`;
  const name = stringAt(version, 'name');
  const [better] = recordsAt(spec, 'versions')
    .filter((other) => other.served === true && other.deprecated !== true)
    .map((other) => stringAt(other, 'name'))
    .filter((other) => compareVersions(other, name) < 0)
    .toSorted(compareVersions);
  return `${named(name)} is deprecated${better === undefined ? '' : `; use ${named(better)}`}`;
}

const pathOf = (text: string): readonly string[] => text.replace(/^\./, '').split('.');

function scalePaths(version: JsonRecord): ScalePaths | undefined {
  const scale = recordAt(version, 'subresources').scale;
  if (!isRecord(scale)) return undefined;
  const selector = stringAt(scale, 'labelSelectorPath');
  return {
    specReplicas: pathOf(stringAt(scale, 'specReplicasPath')),
    statusReplicas: pathOf(stringAt(scale, 'statusReplicasPath')),
    selector: selector === '' ? undefined : pathOf(selector),
  };
}

const columnTypes = ['string', 'integer', 'number', 'boolean', 'date'] as const;

const defaultColumns: readonly JsonRecord[] = [
  {
    name: 'Age',
    type: 'date',
    description: 'The time the server made the object, in UTC.',
    jsonPath: '.metadata.creationTimestamp',
  },
];

/** One that cannot be read takes those behind it along (tableconvertor.go). */
function columnsOf(version: JsonRecord): readonly Column[] {
  const given = recordsAt(version, 'additionalPrinterColumns');
  const sources = given.length === 0 ? defaultColumns : given;
  const paths = sources.map((source) => parseJsonPath(stringAt(source, 'jsonPath')));
  const unreadable = paths.indexOf(undefined);
  const readable = unreadable < 0 ? sources : sources.slice(0, unreadable);
  return readable.map((source, index) => column(source, paths[index] ?? []));
}

/** One entry of additionalPrinterColumns; a value of the wrong type shows as nothing. */
function column(source: JsonRecord, path: JsonPath): Column {
  const type = columnTypes.find((name) => name === source.type) ?? 'string';
  const format = stringAt(source, 'format');
  const where = stringAt(source, 'jsonPath');
  return {
    name: stringAt(source, 'name'),
    type,
    ...(format === '' ? {} : { format }),
    description: stringAt(source, 'description') || `Custom resource definition column (in JSONPath format): ${where}`,
    priority: typeof source.priority === 'number' ? source.priority : 0,
    cell: (object, nowMs) => {
      const [value] = evaluateJsonPath(path, object);
      return value === undefined ? null : cell(type, value, nowMs);
    },
  };
}

function cell(type: Column['type'], value: unknown, nowMs: number): ReturnType<Column['cell']> {
  if (type === 'string') {
    // Go's word for nil.
    if (value === null) return '<no value>';
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
  switch (typeof value) {
    case 'boolean':
      return type === 'boolean' ? value : null;
    case 'bigint':
      return type === 'integer' || type === 'number' ? value : null;
    case 'number':
      return type === 'integer' ? Math.trunc(value) : type === 'number' ? value : null;
    case 'string':
      if (type !== 'date') return null;
      if (value === '' || value === 'null') return '<unknown>';
      return timePattern.test(value) ? age(value, nowMs) : '<invalid>';
    default:
      return null;
  }
}

/** RFC 3339. */
const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
