/** What clients send under a YAML type is JSON most of the time: read as JSON, judged as YAML. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBody } from './body.ts';

const read = (text: string) => readBody(Buffer.from(text), 'application/apply-patch+yaml');

test('JSON that is applied is what it says', async () => {
  assert.deepEqual((await read('{"kind":"ConfigMap","data":{"on":"yes"}}')).value, {
    kind: 'ConfigMap',
    data: { on: 'yes' },
  });
});

test('YAML in braces is YAML', async () => {
  assert.deepEqual((await read('{kind: ConfigMap, immutable: on}')).value, { kind: 'ConfigMap', immutable: true });
});

test('a key that stands twice is told as of YAML', async () => {
  assert.deepEqual((await read('{"data":{"a":"1","a":"2"}}')).yamlProblems, ['line 1: key "a" already set in map']);
});

test('what is neither is refused as YAML', async () => {
  await assert.rejects(read('{"a": [}'), /error converting YAML to JSON/);
});
