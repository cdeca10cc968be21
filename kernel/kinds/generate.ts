/**
 * Writes kernel/kinds/tables/*.json from a file of facts about the Kubernetes API (types with merge keys and required
 * fields, protobuf messages with field numbers), gathered from a release's OpenAPI documents and generated.proto files
 * in the shape of `Facts` below. Run by hand when the API version moves:
 *
 *     node kernel/kinds/generate.ts FACTS.json [GO-SOURCES]
 *
 * GO-SOURCES is a directory with types.go of k8s.io/{api,apimachinery,apiextensions-apiserver,kube-aggregator} of the
 * release, for what only Go's struct tags say; without it that is taken over from the tables as they are.
 * One file per API package, one string per field; `type-table.ts` documents and reads the format.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtInRows, unstoredTypes } from './built-in.ts';
import { type GoField, readGoFields } from './go-fields.ts';

interface FactField {
  readonly type: string;
  readonly items?: FactField;
  readonly values?: FactField;
  readonly listType?: string;
  readonly listMapKeys?: readonly string[];
  readonly mapType?: string;
  readonly patchMergeKey?: string;
  readonly patchStrategy?: string;
  readonly default?: unknown;
}

interface FactType {
  readonly fields?: Readonly<Record<string, FactField>>;
  readonly type?: string;
  readonly required?: readonly string[];
  readonly mapType?: string;
  readonly proto?: string;
}

interface Facts {
  readonly types: Readonly<Record<string, FactType>>;
  readonly messages: Readonly<Record<string, Readonly<Record<string, readonly [number, string]>>>>;
}

const shortPrefixes: readonly (readonly [string, string])[] = [
  ['io.k8s.apimachinery.pkg.apis.', ''],
  ['io.k8s.apiextensions-apiserver.pkg.apis.', ''],
  ['io.k8s.kube-aggregator.pkg.apis.', ''],
  ['io.k8s.api.', ''],
];

/** Types whose JSON is not an object of fields. */
const scalars: Readonly<Record<string, string>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'quantity',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'intorstring',
  'io.k8s.apimachinery.pkg.runtime.RawExtension': 'any',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'microtime',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'any',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON': 'any',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool': 'schema-or-bool',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray': 'schema-or-array',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray': 'schema-or-strings',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus': 'any',
};

const primitives: Readonly<Record<string, string>> = {
  string: 'string',
  'string:byte': 'bytes',
  'integer:int32': 'int32',
  'integer:int64': 'int64',
  integer: 'int64',
  boolean: 'bool',
  'number:double': 'double',
  number: 'double',
  object: 'any',
};

/** JSON names that differ from their protobuf names by more than the case of the first letter. */
const protobufNames: Readonly<Record<string, string>> = { $ref: 'ref', $schema: 'schema', APIGroup: 'aPIGroup' };

const [path, sources] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: node kernel/kinds/generate.ts FACTS.json [GO-SOURCES]');
const facts: Facts = JSON.parse(readFileSync(path, 'utf8'));
const packages = new Map<string, Map<string, Record<string, string>>>();

function shortName(long: string): string {
  for (const [prefix, replacement] of shortPrefixes) {
    if (long.startsWith(prefix)) return replacement + long.slice(prefix.length);
  }
  return long;
}

function longName(short: string): string {
  const found = shortPrefixes.map(([prefix]) => prefix + short).find((long) => facts.types[long] !== undefined);
  if (found === undefined) throw new Error(`no type called ${short} in ${path}`);
  return found;
}

function typeOf(field: FactField): string {
  if (field.type === 'array') return `[]${field.items === undefined ? 'any' : typeOf(field.items)}`;
  if (field.type === 'map') return `{}${field.values === undefined ? 'any' : typeOf(field.values)}`;
  if (field.type.startsWith('ref:')) {
    const long = field.type.slice('ref:'.length);
    const scalar = scalars[long];
    if (scalar !== undefined) return scalar;
    visit(long);
    return shortName(long);
  }
  const primitive = primitives[field.type];
  if (primitive === undefined) throw new Error(`unknown type ${field.type}`);
  return primitive;
}

function describe(
  field: FactField,
  number: number,
  wrapped: boolean,
  required: boolean,
  go: GoField | undefined,
): string {
  const words = [String(number), typeOf(field)];
  if (required) words.push('!');
  if (wrapped) words.push('wrapped');
  if (go?.isPointer === true) words.push('ptr');
  if (go?.isAlwaysWritten === true) words.push('always');
  if (field.listType !== undefined) {
    words.push(field.listType === 'map' ? `list:map(${field.listMapKeys?.join(',')})` : `list:${field.listType}`);
  }
  if (field.mapType !== undefined) words.push(`map:${field.mapType}`);
  if (field.patchStrategy !== undefined) words.push(`patch:${field.patchStrategy}`);
  if (field.patchMergeKey !== undefined) words.push(`key:${field.patchMergeKey}`);
  const isStruct = typeof field.default === 'object' || go?.isByValue === true;
  if (isStruct && field.type.startsWith('ref:') && typeOf(field).includes('.')) words.push('struct');
  if (field.default !== undefined && typeof field.default !== 'object') words.push(`=${JSON.stringify(field.default)}`);
  return words.join(' ');
}

function protobufNumber(message: Readonly<Record<string, readonly [number, string]>>, json: string) {
  const camel = json.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  const candidates = [
    json,
    protobufNames[json],
    camel,
    json.charAt(0).toUpperCase() + json.slice(1),
    json.toLowerCase(),
  ];
  for (const name of candidates) {
    const entry = name === undefined ? undefined : message[name];
    if (entry !== undefined && name !== undefined) return { name, number: entry[0], type: entry[1] };
  }
  const loose = Object.keys(message).find((name) => name.toLowerCase() === json.toLowerCase());
  const entry = loose === undefined ? undefined : message[loose];
  return entry === undefined || loose === undefined ? undefined : { name: loose, number: entry[0], type: entry[1] };
}

const fromSources = sources === undefined ? undefined : readGoFields(sources);
const directory = new URL('./tables/', import.meta.url);
const before = new Map<string, Readonly<Record<string, string>>>();
if (fromSources === undefined)
  for (const file of readdirSync(directory)) {
    const rows: Readonly<Record<string, Readonly<Record<string, string>>>> = JSON.parse(
      readFileSync(new URL(file, directory), 'utf8'),
    );
    for (const [name, row] of Object.entries(rows)) before.set(`${file.replace(/\.json$/, '')}.${name}`, row);
  }

const missing: string[] = [];
const unreleased: string[] = [];

/** Documents of kube-aggregator give no `default: {}` to fields that Go holds by value. */
const isWithoutDefaults = (typeName: string): boolean => typeName.startsWith('apiregistration.');

function goField(typeName: string, name: string): GoField | undefined {
  if (fromSources !== undefined) {
    const found = fromSources.get(typeName)?.get(name);
    // TypeMeta's are embedded in every kind.
    if (found === undefined && name !== 'apiVersion' && name !== 'kind') missing.push(`${typeName}.${name}`);
    return found && { ...found, isByValue: found.isByValue && isWithoutDefaults(typeName) };
  }
  const words = before.get(typeName)?.[name]?.split(' ') ?? [];
  return {
    isPointer: words.includes('ptr'),
    isByValue: words.includes('struct'),
    isAlwaysWritten: words.includes('always'),
  };
}

/** Go wraps some lists and maps of lists into a message with one field `items`. */
const isWrapped = (type: string): boolean => /(ExtraValue|Verbs)>?$/.test(type);

function fieldsOf(
  typeName: string,
  type: FactType,
  message: Readonly<Record<string, readonly [number, string]>>,
  only?: ReadonlySet<string>,
): Record<string, string> {
  const result: Record<string, string> = {};
  const used = new Set<string>();
  const withoutMessage: string[] = [];
  const inlined = new Set<string>();
  for (const [name, field] of Object.entries(type.fields ?? {})) {
    if (name === 'apiVersion' || name === 'kind') {
      const own = protobufNumber(message, name);
      if (own !== undefined) used.add(own.name);
      if (only === undefined) result[name] = describe(field, own?.number ?? 0, false, false, goField(typeName, name));
      continue;
    }
    const own = protobufNumber(message, name);
    if (own === undefined && only !== undefined) continue;
    if (own !== undefined) used.add(own.name);
    else withoutMessage.push(name);
    const required = type.required?.includes(name) === true;
    const isInItems = own !== undefined && isWrapped(own.type);
    result[name] = describe(field, own?.number ?? 0, isInItems, required, goField(typeName, name));
  }
  for (const [name, [number, inlineType]] of Object.entries(message)) {
    if (used.has(name)) continue;
    const inline = facts.messages[inlineType];
    if (inline === undefined) continue;
    const fields = fieldsOf(typeName, type, inline, new Set(Object.keys(inline)));
    if (Object.keys(fields).length === 0) continue;
    const short = `${inlineType.replace(/^k8s\.io\.(api|apimachinery\.pkg\.apis)\./, '')}~inline`;
    put(short, fields);
    for (const field of namesIn(fields)) inlined.add(field);
    result[`+${name}`] = `${number} ${short}`;
  }
  // What the messages do not know is not in the release yet.
  if (type.proto !== undefined)
    for (const name of withoutMessage)
      if (!inlined.has(name)) {
        unreleased.push(`${typeName}.${name}`);
        delete result[name];
      }
  return result;
}

/** Of a message, and of the messages in it whose fields stand among its own. */
function namesIn(fields: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(fields).flatMap(([name, text]) => {
    if (!name.startsWith('+')) return [name];
    const [, inner = ''] = text.split(' ');
    const dot = inner.lastIndexOf('.');
    return namesIn(packages.get(inner.slice(0, dot))?.get(inner.slice(dot + 1)) ?? {});
  });
}

function put(short: string, fields: Record<string, string>): void {
  const dot = short.lastIndexOf('.');
  const name = short.slice(0, dot);
  const types = packages.get(name) ?? new Map<string, Record<string, string>>();
  packages.set(name, types);
  types.set(short.slice(dot + 1), fields);
}

const seen = new Set<string>();

function visit(long: string): void {
  if (seen.has(long)) return;
  seen.add(long);
  const type = facts.types[long];
  if (type === undefined) throw new Error(`no type called ${long}`);
  const message = type.proto === undefined ? {} : (facts.messages[type.proto] ?? {});
  const fields = fieldsOf(shortName(long), type, message);
  put(shortName(long), type.mapType === undefined ? fields : { '': `map:${type.mapType}`, ...fields });
}

for (const type of [...builtInRows.map((row) => row.type), ...unstoredTypes]) visit(longName(type));

rmSync(directory, { recursive: true, force: true });
mkdirSync(directory);
const sorted = <V>(entries: Iterable<readonly [string, V]>): (readonly [string, V])[] =>
  [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
for (const [name, types] of packages) {
  const lines = sorted(types).map(([type, fields]) => `${JSON.stringify(type)}:${JSON.stringify(fields)}`);
  writeFileSync(new URL(`${name}.json`, directory), `{\n${lines.join(',\n')}\n}\n`);
}
if (unreleased.length > 0) process.stdout.write(`without a message, left out: ${unreleased.join(', ')}\n`);
if (missing.length > 0) process.stdout.write(`not in the Go sources: ${missing.join(', ')}\n`);
