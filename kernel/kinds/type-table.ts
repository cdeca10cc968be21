/**
 * Reads tables/*.json, one package when a type of it is first needed. A field is one string:
 *
 *     <protobuf number> <type> [!] [wrapped] [ptr] [always] [list:atomic|set|map(keys)] [map:atomic] [patch:strategies] [key:merge key] [struct] [=default]
 *
 * with `!` for required, `ptr` for a pointer in Go, `always` for a field without omitempty, `struct` for an object that is never absent (a Go struct, not a pointer to one) and types `string bytes int32 int64 bool double time microtime quantity intorstring any`,
 * `[]T`, `{}T` (map) and `package.Type`. The name `+x` is a protobuf message whose fields are JSON fields of this type;
 * the empty name has flags of the type itself.
 */
import { readFileSync } from 'node:fs';
import type { Field, Schema } from './schema.ts';

type TypeRow = Readonly<Record<string, string>>;

const packages = new Map<string, Readonly<Record<string, TypeRow>>>();
const schemas = new Map<string, Schema>();

function readRow(typeName: string): TypeRow {
  const dot = typeName.lastIndexOf('.');
  const packageName = typeName.slice(0, dot);
  let table = packages.get(packageName);
  if (table === undefined) {
    table = JSON.parse(readFileSync(new URL(`./tables/${packageName}.json`, import.meta.url), 'utf8')) as Readonly<
      Record<string, TypeRow>
    >;
    packages.set(packageName, table);
  }
  const row = table[typeName.slice(dot + 1)];
  if (row === undefined) throw new Error(`kernel/kinds/tables has no type ${typeName}; run kernel/kinds/generate.ts`);
  return row;
}

const scalarSchemas: Readonly<Record<string, Schema>> = {
  string: { type: 'string' },
  bytes: { type: 'string', format: 'byte' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  bool: { type: 'boolean' },
  double: { type: 'number', format: 'double' },
  time: { type: 'string', format: 'date-time' },
  microtime: { type: 'string', format: 'micro-time' },
  quantity: { type: 'string', format: 'quantity' },
  intorstring: { type: 'int-or-string' },
  any: { type: 'any' },
  'schema-or-bool': { type: 'any', format: 'schema-or-bool' },
  'schema-or-array': { type: 'any', format: 'schema-or-array' },
  'schema-or-strings': { type: 'any', format: 'schema-or-strings' },
};

function parseType(text: string, flags: Pick<Schema, 'listType' | 'listMapKeys' | 'mapType'>): Schema {
  if (text.startsWith('[]')) return { type: 'array', items: parseType(text.slice(2), {}), ...flags };
  if (text.startsWith('{}')) return { type: 'map', values: parseType(text.slice(2), {}), ...flags };
  return scalarSchemas[text] ?? schemaOf(text, flags.mapType);
}

function parseField(text: string): Field {
  const [number = '0', type = 'any', ...words] = text.split(' ');
  let listType: Schema['listType'];
  let listMapKeys: readonly string[] | undefined;
  let mapType: Schema['mapType'];
  let mergeKey: string | undefined;
  let patchStrategy: readonly string[] = [];
  let defaultValue: unknown;
  let required = false;
  let wrapped = false;
  let isStruct = false;
  let isPointer = false;
  let isAlwaysWritten = false;
  for (const word of words) {
    if (word === '!') required = true;
    else if (word === 'wrapped') wrapped = true;
    else if (word === 'struct') isStruct = true;
    else if (word === 'ptr') isPointer = true;
    else if (word === 'always') isAlwaysWritten = true;
    else if (word.startsWith('list:map(')) {
      listType = 'map';
      listMapKeys = word.slice('list:map('.length, -1).split(',');
    } else if (word.startsWith('list:')) listType = word === 'list:set' ? 'set' : 'atomic';
    else if (word === 'map:atomic' || word === 'map:granular') mapType = word === 'map:atomic' ? 'atomic' : 'granular';
    else if (word.startsWith('patch:')) patchStrategy = word.slice('patch:'.length).split(',');
    else if (word.startsWith('key:')) mergeKey = word.slice('key:'.length);
    else if (word.startsWith('=')) defaultValue = JSON.parse(word.slice(1));
  }
  return {
    schema: parseType(type, {
      ...(listType === undefined ? {} : { listType }),
      ...(listMapKeys === undefined ? {} : { listMapKeys }),
      ...(mapType === undefined ? {} : { mapType }),
    }),
    protobuf: Number(number),
    required,
    wrapped,
    isStruct,
    isPointer,
    isAlwaysWritten,
    patchStrategy,
    ...(mergeKey === undefined ? {} : { mergeKey }),
    ...(defaultValue === undefined ? {} : { default: defaultValue }),
  };
}

/** An object type; its fields are parsed when first asked for, because types refer to each other in circles. */
class TableSchema implements Schema {
  readonly type = 'object';
  readonly typeName: string;
  #fields: ReadonlyMap<string, Field> | undefined;
  #inline: ReadonlyMap<number, Schema> | undefined;

  /** What a field says of its own reference to the type goes before what the type says. */
  readonly #mapType: Schema['mapType'];

  constructor(typeName: string, mapType?: Schema['mapType']) {
    this.typeName = typeName;
    this.#mapType = mapType;
  }

  get mapType(): 'granular' | 'atomic' {
    if (this.#mapType !== undefined) return this.#mapType;
    return readRow(this.typeName)['']?.includes('map:atomic') === true ? 'atomic' : 'granular';
  }

  get fields(): ReadonlyMap<string, Field> {
    if (this.#fields === undefined) this.#parse();
    return this.#fields ?? new Map();
  }

  get inline(): ReadonlyMap<number, Schema> {
    if (this.#inline === undefined) this.#parse();
    return this.#inline ?? new Map();
  }

  #parse(): void {
    const fields = new Map<string, Field>();
    const inline = new Map<number, Schema>();
    for (const [name, text] of Object.entries(readRow(this.typeName))) {
      if (name === '') continue;
      if (name.startsWith('+')) {
        const [number, type] = text.split(' ');
        if (type !== undefined) inline.set(Number(number), schemaOf(type));
      } else fields.set(name, parseField(text));
    }
    this.#fields = fields;
    this.#inline = inline;
  }
}

/** `apps.v1.Deployment` → its schema; always the same object for the same name. */
export function schemaOf(typeName: string, mapType?: Schema['mapType']): Schema {
  const key = mapType === undefined ? typeName : `${typeName} ${mapType}`;
  let schema = schemas.get(key);
  if (schema === undefined) {
    schema = new TableSchema(typeName, mapType);
    schemas.set(key, schema);
  }
  return schema;
}
