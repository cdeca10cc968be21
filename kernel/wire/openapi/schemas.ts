/** Component schemas: the type tables as OpenAPI. Types refer to each other by their Kubernetes names. */
import { isRecord, type JsonRecord } from '../../kinds/json.ts';
import { apiVersionOf, type Kind } from '../../kinds/kind.ts';
import type { Field, Schema } from '../../kinds/schema.ts';
import { schemaOf } from '../../kinds/type-table.ts';
import { fieldDescriptions, rootDescriptions } from './descriptions.ts';

const refPrefix = '#/components/schemas/';
const metaPackage = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Types that are one value on the wire. */
const scalarTypes: Readonly<Record<string, { readonly name: string; readonly schema: JsonRecord }>> = {
  quantity: { name: 'io.k8s.apimachinery.pkg.api.resource.Quantity', schema: { type: 'string' } },
  'date-time': { name: `${metaPackage}.Time`, schema: { type: 'string', format: 'date-time' } },
  'micro-time': { name: `${metaPackage}.MicroTime`, schema: { type: 'string', format: 'date-time' } },
  'int-or-string': {
    name: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    schema: { type: 'string', format: 'int-or-string' },
  },
  any: { name: 'io.k8s.apimachinery.pkg.runtime.RawExtension', schema: { type: 'object' } },
};

/** `core.v1.Pod` → `io.k8s.api.core.v1.Pod` */
function componentName(typeName: string): string {
  if (typeName.startsWith('meta.')) return `io.k8s.apimachinery.pkg.apis.${typeName}`;
  if (typeName.startsWith('apiextensions.')) return `io.k8s.apiextensions-apiserver.pkg.apis.${typeName}`;
  return `io.k8s.api.${typeName}`;
}

/** `stable.example.com`, `v1`, `CronTab` → `com.example.stable.v1.CronTab` */
function customName(kind: Kind): string {
  return [...kind.group.split('.').reverse(), kind.version, kind.kind].join('.');
}

/** Beside a $ref nothing else may stand in OpenAPI 3.0. */
function describe({ properties }: JsonRecord, descriptions: Readonly<Record<string, string>>): void {
  if (!isRecord(properties)) return;
  for (const [name, description] of Object.entries(descriptions)) {
    const property = properties[name];
    if (!isRecord(property) || property.description !== undefined) continue;
    properties[name] = { description, ...(property.$ref === undefined ? property : { allOf: [property] }) };
  }
}

export class Components {
  readonly schemas: Record<string, JsonRecord> = {};

  /** The name a kind's schema has among the components, which then hold it and all it refers to. */
  addKind(kind: Kind): string {
    if (kind.schema.typeName !== undefined) {
      const name = this.#addType(kind.schema.typeName, kind.schema);
      this.#tag(name, kind);
      return name;
    }
    const name =
      kind.nature === 'custom' || kind.group.includes('.')
        ? customName(kind)
        : componentName(`${kind.group || 'core'}.${kind.version}.${kind.kind}`);
    const body =
      kind.publishedSchema === undefined ? this.#convert(kind.schema) : structuredClone(kind.publishedSchema);
    const properties = {
      ...(body.properties as JsonRecord | undefined),
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { allOf: [{ $ref: this.#ref('meta.v1.ObjectMeta') }], default: {} },
    };
    this.schemas[name] = { ...body, type: 'object', properties };
    this.#tag(name, kind);
    return name;
  }

  addList(kind: Kind, itemName: string): string {
    const name = `${itemName}List`;
    const listMeta = `${metaPackage}.ListMeta`;
    const string = { type: 'string' };
    this.schemas[listMeta] ??= {
      type: 'object',
      properties: {
        continue: string,
        remainingItemCount: { type: 'integer', format: 'int64' },
        resourceVersion: string,
        selfLink: string,
      },
    };
    this.schemas[name] = {
      type: 'object',
      required: ['items'],
      properties: {
        apiVersion: string,
        items: { type: 'array', items: { allOf: [{ $ref: refPrefix + itemName }], default: {} } },
        kind: string,
        metadata: { allOf: [{ $ref: refPrefix + listMeta }], default: {} },
      },
      'x-kubernetes-group-version-kind': [{ group: kind.group, version: kind.version, kind: kind.listKind }],
    };
    return name;
  }

  addTyped(typeName: string): string {
    return this.#addType(typeName, schemaOf(typeName));
  }

  #tag(name: string, kind: Kind): void {
    const schema = this.schemas[name];
    if (schema === undefined) return;
    describe(schema, rootDescriptions);
    schema['x-kubernetes-group-version-kind'] = [{ group: kind.group, version: kind.version, kind: kind.kind }];
    if (kind.nature === 'custom' && kind.selectable.size > 0)
      schema['x-kubernetes-selectable-fields'] = [...kind.selectable.keys()].map((fieldPath) => ({ fieldPath }));
    // What a custom kind is about says its definition, or nobody.
    if (kind.nature === 'built-in') schema.description ??= `${kind.kind} of ${apiVersionOf(kind)}.`;
  }

  #ref(typeName: string): string {
    return refPrefix + this.#addType(typeName, schemaOf(typeName));
  }

  #addType(typeName: string, schema: Schema): string {
    const name = componentName(typeName);
    if (this.schemas[name] !== undefined) return name;
    // In place before its fields are looked at: types refer to themselves.
    const component: JsonRecord = { type: 'object' };
    this.schemas[name] = component;
    Object.assign(component, this.#objectBody(schema));
    describe(component, fieldDescriptions[typeName] ?? {});
    return name;
  }

  #objectBody(schema: Schema): JsonRecord {
    const properties: JsonRecord = {};
    const required: string[] = [];
    for (const [name, field] of schema.fields ?? []) {
      properties[name] = this.#field(field);
      if (field.required) required.push(name);
    }
    return {
      type: 'object',
      ...(Object.keys(properties).length > 0 ? { properties } : {}),
      ...(required.length > 0 ? { required } : {}),
      ...(schema.mapType === 'atomic' ? { 'x-kubernetes-map-type': 'atomic' } : {}),
    };
  }

  #field(field: Field): JsonRecord {
    const body = this.#convert(field.schema);
    const extra: JsonRecord = {};
    if (field.default !== undefined) extra.default = field.default;
    if (field.patchStrategy.length > 0) extra['x-kubernetes-patch-strategy'] = field.patchStrategy.join(',');
    if (field.mergeKey !== undefined) extra['x-kubernetes-patch-merge-key'] = field.mergeKey;
    if (Object.keys(extra).length === 0) return body;
    // Beside a $ref nothing else may stand in OpenAPI 3.0.
    return body.$ref === undefined ? { ...body, ...extra } : { allOf: [body], ...extra };
  }

  #scalar(key: string): JsonRecord | undefined {
    const scalar = scalarTypes[key];
    if (scalar === undefined) return undefined;
    this.schemas[scalar.name] ??= scalar.schema;
    return { $ref: refPrefix + scalar.name };
  }

  #convert(schema: Schema): JsonRecord {
    switch (schema.type) {
      case 'object':
        return schema.typeName === undefined ? this.#objectBody(schema) : { $ref: this.#ref(schema.typeName) };
      case 'map':
        return {
          type: 'object',
          additionalProperties: this.#convert(schema.values ?? { type: 'any' }),
          ...(schema.mapType === 'atomic' ? { 'x-kubernetes-map-type': 'atomic' } : {}),
        };
      case 'array':
        return {
          type: 'array',
          items: this.#convert(schema.items ?? { type: 'any' }),
          ...(schema.listType === undefined ? {} : { 'x-kubernetes-list-type': schema.listType }),
          ...(schema.listMapKeys === undefined ? {} : { 'x-kubernetes-list-map-keys': schema.listMapKeys }),
        };
      case 'string':
        return (
          this.#scalar(schema.format ?? '') ?? {
            type: 'string',
            ...(schema.format === undefined ? {} : { format: schema.format }),
          }
        );
      case 'integer':
      case 'number':
        return { type: schema.type, ...(schema.format === undefined ? {} : { format: schema.format }) };
      case 'boolean':
        return { type: 'boolean' };
      case 'int-or-string':
        return this.#scalar('int-or-string') ?? {};
      case 'any':
        return this.#scalar('any') ?? {};
    }
  }
}

export const schemaRef = (name: string): JsonRecord => ({ $ref: refPrefix + name });
