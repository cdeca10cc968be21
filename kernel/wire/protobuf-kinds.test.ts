/** Every built-in kind through protobuf and back: by itself, and through an encoder that is not ours. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import protobuf from 'protobufjs';
import { type Chance, seeded } from '../fuzz/chance.ts';
import { withoutZeroes } from '../fuzz/protobuf-form.ts';
import { sampleOf } from '../fuzz/values.ts';
import { builtInRows } from '../kinds/built-in.ts';
import { decodeTyped } from '../kinds/decode-typed.ts';
import { toGoForm } from '../kinds/go-form.ts';
import { type JsonRecord, parseJson } from '../kinds/json.ts';
import { schemaOf } from '../kinds/type-table.ts';
import { decodeEnvelope, decodeMessage } from './protobuf.ts';
import { encodeEnvelope, encodeMessage } from './protobuf-encode.ts';

const samplesPerKind = 20;

/** An object of the kind's type as it would be stored, valid or not. */
function sample(chance: Chance, type: string): JsonRecord {
  const schema = schemaOf(type);
  const raw = JSON.stringify(sampleOf(chance, schema))
    .replace(/\\ud[89a-f]../gi, '')
    .replace(/(?<!-)9223372036854775808/g, '5');
  const { object } = decodeTyped(schema, parseJson(raw) as JsonRecord, 'X', 'v1');
  toGoForm(schema, object);
  return object;
}

const without = (object: JsonRecord): JsonRecord => {
  const { apiVersion: _version, kind: _kind, ...rest } = object;
  return rest;
};

for (const [index, { type }] of builtInRows.entries()) {
  test(`${type} is the same after protobuf (seed ${index})`, () => {
    const [chance, schema] = [seeded(index), schemaOf(type)];
    for (let count = 0; count < samplesPerKind; count++) {
      const object = without(sample(chance, type));
      const again = decodeMessage(schema, encodeMessage(schema, object));
      toGoForm(schema, again);
      assert.deepEqual(withoutZeroes(schema, again), withoutZeroes(schema, object));
    }
  });
}

// ---- another encoder -----------------------------------------------------------------------------------------------

const factsPath = new URL('../../../shared/data/kubernetes-1.35-facts.json', import.meta.url);
type Messages = Readonly<Record<string, Readonly<Record<string, readonly [number, string]>>>>;

/** Message definitions for protobufjs, straight from the facts. */
function definitions(): protobuf.Root {
  const { messages } = JSON.parse(readFileSync(factsPath, 'utf8')) as { readonly messages: Messages };
  const root = new protobuf.Root();
  for (const [name, fields] of Object.entries(messages)) {
    const at = name.lastIndexOf('.');
    const message = new protobuf.Type(name.slice(at + 1));
    for (const [field, [number, text]] of Object.entries(fields)) {
      const [, key, value] = /^map<(\w+), (.+)>$/.exec(text) ?? [];
      if (key !== undefined && value !== undefined)
        message.add(new protobuf.MapField(field, number, key, absolute(value)));
      else if (text.startsWith('[]'))
        message.add(
          new protobuf.Field(field, number, absolute(text.slice(2)), 'repeated', undefined, { packed: false }),
        );
      else message.add(new protobuf.Field(field, number, absolute(text), 'optional'));
    }
    root.define(name.slice(0, at)).add(message);
  }
  return root;
}

const absolute = (type: string): string => (type.includes('.') ? `.${type}` : type);

const messageNames: readonly (readonly [RegExp, string])[] = [
  [/^meta\./, 'k8s.io.apimachinery.pkg.apis.'],
  [/^apiextensions\./, 'k8s.io.apiextensions_apiserver.pkg.apis.'],
  [/^apiregistration\./, 'k8s.io.kube_aggregator.pkg.apis.'],
  [/^/, 'k8s.io.api.'],
];

const hasFacts = existsSync(factsPath);
test('another encoder reads and writes what ours wrote, of every kind', {
  skip: hasFacts ? false : `${factsPath.pathname} is not there`,
}, () => {
  const root = definitions();
  for (const [index, { type }] of builtInRows.entries()) {
    const [chance, schema] = [seeded(1000 + index), schemaOf(type)];
    const prefix = messageNames.find(([pattern]) => pattern.test(type))?.[1] ?? '';
    const message = root.lookupType(prefix + type);
    for (let count = 0; count < samplesPerKind; count++) {
      const object = without(sample(chance, type));
      const { raw } = decodeEnvelope(encodeEnvelope(schema, object));
      const read = message.decode(raw);
      const problem = message.verify(read);
      assert.equal(problem, null, `${type}: ${problem}`);
      const again = decodeMessage(schema, message.encode(read).finish());
      toGoForm(schema, again);
      assert.deepEqual(withoutZeroes(schema, again), withoutZeroes(schema, object), type);
    }
  }
});
