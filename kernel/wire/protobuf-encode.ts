/**
 * Objects in Kubernetes' protobuf (`k8s\0` + runtime.Unknown), by the field numbers of the type tables: the reverse of
 * protobuf.ts. A message is written from its end to its start, as gogo does, because its length stands before it and is
 * known when it is written.
 */
import { isRecord, type JsonRecord, parseJson } from '../kinds/json.ts';
import type { Field, Schema } from '../kinds/schema.ts';
import { schemaOf } from '../kinds/type-table.ts';

const magic = Uint8Array.of(0x6b, 0x38, 0x73, 0x00);
const wire = { varint: 0, fixed64: 1, bytes: 2 } as const;

const shortText = 48;

/** Bytes written from the back; `position` is how many there are. */
class BackwardWriter {
  #bytes: Buffer;
  #at: number;

  constructor(sizeBytes: number) {
    this.#bytes = Buffer.allocUnsafe(sizeBytes);
    this.#at = sizeBytes;
  }

  get position(): number {
    return this.#bytes.length - this.#at;
  }

  get written(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }

  #reserve(sizeBytes: number): void {
    if (this.#at >= sizeBytes) return;
    const used = this.position;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, used + sizeBytes));
    this.#bytes.copy(grown, grown.length - used, this.#at);
    this.#at = grown.length - used;
    this.#bytes = grown;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#at -= bytes.length;
    this.#bytes.set(bytes, this.#at);
  }

  text(text: string, encoding: 'utf8' | 'base64' = 'utf8'): void {
    if (encoding === 'utf8' && text.length <= shortText && this.#ascii(text)) return;
    const size = Buffer.byteLength(text, encoding);
    this.#reserve(size);
    this.#at -= size;
    this.#bytes.write(text, this.#at, encoding);
  }

  /** Most texts are short and plain; two calls into the runtime cost more than they do (a ConfigMap of 1 KB: 12 µs with them, 5 without). */
  #ascii(text: string): boolean {
    const { length } = text;
    this.#reserve(length);
    const at = this.#at - length;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) return false;
      this.#bytes[at + index] = code;
    }
    this.#at = at;
    return true;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#at -= 8;
    this.#bytes.writeDoubleLE(value, this.#at);
  }

  varint(value: number | bigint): void {
    if (typeof value === 'bigint' || value < 0 || value > Number.MAX_SAFE_INTEGER) {
      this.#bigVarint(BigInt.asUintN(64, BigInt(value)));
      return;
    }
    let size = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
    this.#reserve(size);
    this.#at -= size;
    let rest = value;
    for (let index = 0; index < size - 1; index++) {
      this.#bytes[this.#at + index] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#at + size - 1] = rest;
  }

  #bigVarint(value: bigint): void {
    const bytes: number[] = [];
    let rest = value;
    while (rest >= 0x80n) {
      bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    this.raw(Uint8Array.from(bytes));
  }

  tag(number: number, type: (typeof wire)[keyof typeof wire]): void {
    this.varint(number * 8 + type);
  }

  /** What `write` writes, as a length-delimited field. */
  delimited(number: number, write: () => void): void {
    const before = this.position;
    write();
    this.varint(this.position - before);
    this.tag(number, wire.bytes);
  }
}

const startBytes = 4096;

/** The whole body: magic, apiVersion and kind, the message. */
export function encodeEnvelope(schema: Schema, object: JsonRecord): Uint8Array {
  const writer = new BackwardWriter(startBytes);
  writeEnvelope(writer, String(object.apiVersion ?? ''), String(object.kind ?? ''), () =>
    writeMessage(writer, schema, object),
  );
  return writer.written;
}

/** runtime.Unknown: 1 typeMeta {1 apiVersion, 2 kind}, 2 raw, 3 contentEncoding, 4 contentType. */
function writeEnvelope(writer: BackwardWriter, apiVersion: string, kind: string, write: () => void): void {
  writer.delimited(4, () => {});
  writer.delimited(3, () => {});
  writer.delimited(2, write);
  writer.delimited(1, () => {
    writer.delimited(2, () => writer.text(kind));
    writer.delimited(1, () => writer.text(apiVersion));
  });
  writer.raw(magic);
}

/**
 * One event of a watch (meta/v1 WatchEvent {1 type, 2 object {1 raw}}, the object in an envelope of its own) as a frame: its
 * length in four bytes, big-endian, before it (apimachinery runtime/serializer/protobuf, LengthDelimitedFramer).
 */
export function encodeFrame(type: string, envelope: Uint8Array): Uint8Array {
  const writer = new BackwardWriter(envelope.length + 64);
  writer.delimited(2, () => writer.delimited(1, () => writer.raw(envelope)));
  writer.delimited(1, () => writer.text(type));
  const length = writer.position;
  writer.raw(Uint8Array.of(length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff));
  return writer.written;
}

/** The same as `encodeEnvelope` of a list whose items are still text, without all of them parsed at once. */
export function encodeList(
  list: { readonly schema: Schema; readonly apiVersion: string; readonly kind: string; readonly metadata: JsonRecord },
  texts: readonly string[],
): Uint8Array {
  const { schema, apiVersion, kind, metadata } = list;
  const items = schema.fields?.get('items');
  const itemSchema = items?.schema.items;
  if (items === undefined || itemSchema === undefined) throw new Error(`${kind} has no items`);
  const writer = new BackwardWriter(Math.max(startBytes, texts.length * (texts[0]?.length ?? 0)));
  writeEnvelope(writer, apiVersion, kind, () => {
    const writeItems = (): void => {
      for (let index = texts.length - 1; index >= 0; index--)
        writeValue(writer, items.protobuf, itemSchema, parseJson(texts[index] ?? ''));
    };
    const isFirst = items.protobuf === 1;
    if (!isFirst) writeItems();
    writeMessage(writer, { type: 'object', fields: withoutItems(schema) }, { metadata });
    if (isFirst) writeItems();
  });
  return writer.written;
}

const withoutItems = (schema: Schema): ReadonlyMap<string, Field> =>
  new Map([...(schema.fields ?? [])].filter(([name]) => name !== 'items'));

export function encodeMessage(schema: Schema, object: JsonRecord): Uint8Array {
  const writer = new BackwardWriter(startBytes);
  writeMessage(writer, schema, object);
  return writer.written;
}

function writeMessage(writer: BackwardWriter, schema: Schema, object: JsonRecord): void {
  const inline = new Map<number, JsonRecord>();
  const names = Object.keys(object);
  for (let index = names.length - 1; index >= 0; index--) {
    const name = names[index] ?? '';
    const value = object[name];
    if (value === undefined || value === null) continue;
    const field = schema.fields?.get(name);
    if (field !== undefined && field.protobuf > 0) writeField(writer, field, value);
    else putInline(schema, name, value, inline);
  }
  for (const [number, members] of inline) {
    const ofInline = schema.inline?.get(number);
    if (ofInline !== undefined) writer.delimited(number, () => writeMessage(writer, ofInline, members));
  }
}

/** A field that protobuf has in a message of its own (Volume's volumeSource). */
function putInline(schema: Schema, name: string, value: unknown, inline: Map<number, JsonRecord>): void {
  for (const [number, members] of schema.inline ?? []) {
    if (!holds(members, name)) continue;
    const found = inline.get(number) ?? {};
    found[name] = value;
    inline.set(number, found);
    return;
  }
}

/** Messages in messages: a rule in the rule with operations in the named one. */
function holds(schema: Schema, name: string): boolean {
  if ((schema.fields?.get(name)?.protobuf ?? 0) > 0) return true;
  for (const inner of schema.inline?.values() ?? []) if (holds(inner, name)) return true;
  return false;
}

function writeField(writer: BackwardWriter, field: Field, value: unknown): void {
  const { schema, protobuf: number } = field;
  if (schema.type === 'map') {
    if (isRecord(value)) writeMap(writer, field, value);
  } else if (schema.type !== 'array') writeValue(writer, number, schema, value);
  else if (field.wrapped) writer.delimited(number, () => writeItems(writer, 1, schema, value));
  else writeItems(writer, number, schema, value);
}

function writeItems(writer: BackwardWriter, number: number, schema: Schema, value: unknown): void {
  if (!Array.isArray(value)) return;
  for (let index = value.length - 1; index >= 0; index--)
    writeValue(writer, number, schema.items ?? { type: 'any' }, value[index]);
}

function writeMap(writer: BackwardWriter, field: Field, map: JsonRecord): void {
  const values = field.schema.values ?? { type: 'any' };
  for (const [key, value] of Object.entries(map).reverse()) {
    writer.delimited(field.protobuf, () => {
      if (values.type === 'array') writer.delimited(2, () => writeItems(writer, 1, values, value));
      else writeValue(writer, 2, values, value);
      writer.delimited(1, () => writer.text(key));
    });
  }
}

function writeNumber(writer: BackwardWriter, number: number, value: number | bigint): void {
  writer.varint(value);
  writer.tag(number, wire.varint);
}

function writeValue(writer: BackwardWriter, number: number, schema: Schema, value: unknown): void {
  switch (schema.type) {
    case 'object':
      writer.delimited(number, () => writeMessage(writer, schema, isRecord(value) ? value : {}));
      break;
    case 'string':
      writer.delimited(number, () => writeText(writer, schema, String(value ?? '')));
      break;
    case 'integer':
      writeNumber(writer, number, typeof value === 'bigint' ? value : Number(value));
      break;
    case 'boolean':
      writeNumber(writer, number, value === true ? 1 : 0);
      break;
    case 'number':
      writer.double(Number(value));
      writer.tag(number, wire.fixed64);
      break;
    case 'int-or-string':
      writer.delimited(number, () => writeIntOrString(writer, value));
      break;
    case 'any':
      writer.delimited(number, () => writeAny(writer, schema.format, value));
      break;
    case 'array':
    case 'map':
      throw new Error('protobuf has no list of lists and no map of maps');
  }
}

function writeText(writer: BackwardWriter, schema: Schema, text: string): void {
  switch (schema.format) {
    case 'byte':
      writer.raw(Buffer.from(text, 'base64'));
      break;
    case 'date-time':
    case 'micro-time':
      writeTime(writer, text);
      break;
    case 'quantity':
      writer.delimited(1, () => writer.text(text));
      break;
    default:
      writer.text(text);
      break;
  }
}

/** Timestamp {1 seconds, 2 nanos} of an RFC 3339 time in UTC with at most nine digits of fraction. */
function writeTime(writer: BackwardWriter, text: string): void {
  const [whole = '', fraction = ''] = text.replace(/Z$/, '').split('.');
  const seconds = Date.parse(`${whole}Z`) / 1000;
  writeNumber(writer, 2, Number(fraction.padEnd(9, '0').slice(0, 9)));
  writeNumber(writer, 1, Number.isNaN(seconds) ? 0 : seconds);
}

/** {1 type, 2 intVal, 3 strVal} */
function writeIntOrString(writer: BackwardWriter, value: unknown): void {
  const isText = typeof value === 'string';
  writer.delimited(3, () => writer.text(isText ? value : ''));
  writeNumber(writer, 2, isText ? 0 : Number(value));
  writeNumber(writer, 1, isText ? 1 : 0);
}

function writeAny(writer: BackwardWriter, format: string | undefined, value: unknown): void {
  if (format === undefined) {
    // RawExtension, FieldsV1, apiextensions JSON: field 1 holds JSON text.
    writer.delimited(1, () => writer.text(JSON.stringify(value)));
    return;
  }
  const schema = schemaOf('apiextensions.v1.JSONSchemaProps');
  const message = (number: number, item: unknown): void =>
    writer.delimited(number, () => writeMessage(writer, schema, isRecord(item) ? item : {}));
  if (format === 'schema-or-bool') {
    if (isRecord(value)) message(2, value);
    writeNumber(writer, 1, value === false ? 0 : 1);
  } else if (!Array.isArray(value)) message(1, value);
  else if (format === 'schema-or-array') for (const item of [...value].reverse()) message(2, item);
  else for (const item of [...value].reverse()) writer.delimited(2, () => writer.text(String(item)));
}
