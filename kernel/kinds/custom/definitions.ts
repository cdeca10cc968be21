/** From a stored CustomResourceDefinition to what the registry takes: one kind per served version. */
import { arrayAt, isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../json.ts';
import type { Column, ScalePaths } from '../kind.ts';
import { age } from '../printers/table-columns.ts';
import type { KindDefinition } from '../registry.ts';
import { behaviourOf } from './behaviour.ts';
import { compileSchema } from './compile.ts';
import { conversionOf } from './conversion-spec.ts';
import { applySchemaDefaults } from './defaults.ts';
import { hasCondition } from './definition-status.ts';
import { evaluateJsonPath, parseJsonPath } from './json-path.ts';

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
  return versions
    .filter((version) => version.served === true)
    .map((version) => {
      const source = recordAt(version, 'schema', 'openAPIV3Schema');
      const schema = compileSchema(source);
      const name = stringAt(version, 'name');
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
        columns: recordsAt(version, 'additionalPrinterColumns').map(column),
        rules: { generation: true, conditionalUpdate: true, defaults: (object) => applySchemaDefaults(schema, object) },
        terminating: stringAt(crd, 'metadata', 'deletionTimestamp') !== '',
        publishedSchema: source,
        custom: behaviourOf({ schema, openApi: source, since: since(name), conversion, scale }),
        ...(version.deprecated === true ? { deprecationWarning: deprecationWarning(crd, version) } : {}),
      } satisfies KindDefinition;
    });
}

function deprecationWarning(crd: JsonRecord, version: JsonRecord): string {
  const spec = recordAt(crd, 'spec');
  const own = stringAt(version, 'deprecationWarning');
  if (own !== '') return own;
  return `${stringAt(spec, 'group')}/${stringAt(version, 'name')} ${stringAt(spec, 'names', 'kind')} is deprecated`;
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

/** One entry of additionalPrinterColumns; a value of the wrong type shows as nothing (tableconvertor.go). */
function column(source: JsonRecord): Column {
  const type = columnTypes.find((name) => name === source.type) ?? 'string';
  const path = parseJsonPath(stringAt(source, 'jsonPath')) ?? [];
  const format = stringAt(source, 'format');
  return {
    name: stringAt(source, 'name'),
    type,
    ...(format === '' ? {} : { format }),
    description: stringAt(source, 'description'),
    priority: typeof source.priority === 'number' ? source.priority : 0,
    cell: (object, nowMs) => {
      const [value] = evaluateJsonPath(path, object);
      if (value === undefined || value === null) return null;
      if (type === 'date') return typeof value === 'string' ? age(value, nowMs) : null;
      if (type === 'integer' || type === 'number')
        return typeof value === 'number' || typeof value === 'bigint' ? value : null;
      if (type === 'boolean') return typeof value === 'boolean' ? value : null;
      return typeof value === 'object' ? JSON.stringify(value) : String(value);
    },
  };
}
