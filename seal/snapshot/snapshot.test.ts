import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bundle } from '../bundle/bundle.ts';
import { linkEngine } from '../engine/link.ts';
import { segmentsOf } from './segments.ts';
import { takeSnapshot } from './snapshot.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'diatom-snapshot-'));
});
after(() => rm(directory, { recursive: true, force: true }));

async function snapshotOf(program: string) {
  const file = join(directory, 'app.ts');
  await writeFile(file, program);
  const options = { port: 8080, limitMs: 1000, bodyBytes: 1 << 20, streamBytes: 1 << 20 };
  return takeSnapshot(await linkEngine({ hasClient: false, cryptography: [] }), await bundle(file), options);
}

const fetch = 'export default { fetch: () => new Response() };';
const using = (value: string) => `export default { fetch: () => new Response(String(${value})) };`;

const refused: readonly (readonly [program: string, says: RegExp])[] = [
  [
    `\nconst started = Date.now();\n${using('started')}`,
    /^BuildError: app\.ts:2:\d+: top-level: .* cannot ask for the clock/,
  ],
  [
    `\n\nconst started = new Date();\n${using('started')}`,
    /^BuildError: app\.ts:3:\d+: top-level: .* cannot ask for the clock/,
  ],
  [
    `const id = crypto.randomUUID();\n${using('id')}`,
    /^BuildError: app\.ts:1:\d+: top-level: .* cannot ask for randomness/,
  ],
  [
    `const dice = () =>\n  Math.random();\nconst rolled = dice();\n${using('rolled')}`,
    /^BuildError: app\.ts:2:\d+: top-level: .* cannot ask for randomness/,
  ],
  [`setTimeout(() => {}, 10);\n${fetch}`, /^BuildError: app\.ts:1:\d+: top-level: .* cannot ask for the clock/],
  [
    `function f() {\n  throw new RangeError('too far');\n}\nf();\n${fetch}`,
    /^BuildError: app\.ts:2:\d+: top-level: .*RangeError: too far/,
  ],
  [
    `const all: Uint8Array[] = [];\nfor (;;) all.push(new Uint8Array(1 << 20));\n${fetch}`,
    /^BuildError: (?:app\.ts:2:\d+: )?top-level: .*out of memory/,
  ],
  ['export default { ftch: () => new Response() };', /^BuildError: top-level: .*default export has no function fetch/],
  ['export default () => new Response();', /^BuildError: top-level: .*default export has no function fetch/],
  ['export default null;', /^BuildError: top-level: .*default export has no function fetch/],
  [`await new Promise(() => {});\n${fetch}`, /^BuildError: top-level: the program's top level waits for something/],
];
for (const [program, says] of refused) {
  test(`the top level may not: ${program.replaceAll('\n', ' ')}`, async () => {
    await assert.rejects(snapshotOf(program), says);
  });
}

test('the top level may compute, wait for what it has, and say something', async () => {
  const { memory, initialPages, said } = await snapshotOf(
    `const table = new Map(Array.from({ length: 100 }, (_, n) => [n, n * n]));\nawait null;\nconsole.log(table.get(9));\nconsole.warn('two\\nlines');\n${fetch}`,
  );
  assert.deepEqual(said, ['81', 'two', 'lines']);
  assert.ok(memory.length < 2_000_000, `${memory.length}`);
  assert.ok(initialPages * 65_536 > memory.length);
});

test('the same program gives the same memory', async () => {
  const [one, two] = [await snapshotOf(fetch), await snapshotOf(fetch)];
  assert.ok(Buffer.from(one.memory).equals(two.memory));
});

test('segments hold every byte that is not zero, and no long run of zeros', () => {
  const memory = new Uint8Array(1000);
  memory.set([1, 0, 2], 0);
  memory.set([3], 40);
  memory.set([4, 5], 998);
  const segments = segmentsOf(memory);
  assert.deepEqual(
    segments.map(({ offset, bytes }) => [offset, [...bytes]]),
    [
      [0, [1, 0, 2]],
      [40, [3]],
      [998, [4, 5]],
    ],
  );
});
