import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BuildError } from './diagnostic.ts';
import { parseProject } from './project.ts';

const defaults = { maximumBytes: 16 * 1024 * 1024, stackBytes: 256 * 1024 };

test('without settings the name is the file’s and memory is 16 MiB', () => {
  assert.deepEqual(parseProject('{}', '/somewhere/Hello.ts', defaults), {
    name: 'hello',
    ports: undefined,
    connect: [],
    maximumBytes: 16 * 1024 * 1024,
    stackBytes: 256 * 1024,
    turnMs: 10_000,
    bodyBytes: 1024 * 1024,
    streamBytes: 1024 * 1024,
    allowsEval: false,
  });
});

test('every setting is taken', () => {
  const text = JSON.stringify({
    name: 'api',
    ports: [{ port: 80 }, { name: 'admin', port: 81 }],
    connect: ['db.internal:5432', '*.example.com:443', '[::1]:80'],
    memory: { maximumBytes: 1 << 21, stackBytes: 1 << 17 },
    limits: { turnMs: 50, bodyBytes: 0, streamBytes: 7 },
    allow: ['eval'],
  });
  assert.deepEqual(parseProject(text, 'a.ts', defaults), {
    name: 'api',
    ports: [
      { name: 'port-80', port: 80 },
      { name: 'admin', port: 81 },
    ],
    connect: ['db.internal:5432', '*.example.com:443', '[::1]:80'],
    maximumBytes: 1 << 21,
    stackBytes: 1 << 17,
    turnMs: 50,
    bodyBytes: 0,
    streamBytes: 7,
    allowsEval: true,
  });
});

const mistakes: readonly (readonly [text: string, says: RegExp])[] = [
  ['{', /^diatom\.json: project: /],
  ['[]', /must be an object/],
  ['{"nam":"x"}', /unknown key "nam"; known are name, ports, memory, connect, limits, allow/],
  ['{"limits":{"streamBytes":5}}', /limits\.streamBytes must be a whole number from 1048576 to/],
  ['{"memory":{"max":1}}', /unknown key "memory\.max"; known are maximumBytes, stackBytes/],
  ['{"name":"A b"}', /name must be a name of a-z, 0-9 and -/],
  ['{"ports":80}', /ports must be a list/],
  ['{"ports":[{"port":0}]}', /ports\[0\]\.port must be a number from 1 to 65535; got 0/],
  ['{"ports":[{"port":1},{"port":1,"name":"b"}]}', /two entries have the same port/],
  ['{"ports":[{"port":1,"name":"b"},{"port":2,"name":"b"}]}', /two entries have the same name/],
  ['{"limits":{"turnMs":1}}', /limits\.turnMs must be a whole number from 10 to 3600000; got 1/],
  ['{"allow":["files"]}', /allow must be a list of what is allowed, which can be "eval"; got \["files"\]/],
  ['{"connect":["host"]}', /connect must be a list of "HOST:PORT"/],
  ['{"connect":["host:70000"]}', /connect must be a list of "HOST:PORT" or "\*\.DOMAIN:PORT"; got "host:70000"/],
  ['{"connect":["*:443"]}', /got "\*:443"/],
  ['{"connect":["https://example.com"]}', /got "https:\/\/example\.com"/],
  ['{"connect":["tls:example.com:443"]}', /got "tls:example\.com:443" \(write it without tls:\)/],
  ['{"memory":{"maximumBytes":100}}', /memory\.maximumBytes must be a multiple of 65536 from 1048576 to/],
  ['{"memory":{"stackBytes":"1M"}}', /memory\.stackBytes must be a multiple/],
];

for (const [text, says] of mistakes) {
  test(`refuses ${text}`, () => {
    assert.throws(
      () => parseProject(text, 'a.ts', defaults),
      (error) => error instanceof BuildError && says.test(error.message),
    );
  });
}
