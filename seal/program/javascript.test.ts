import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { buildPortable } from '../build.ts';
import { shapeOf } from './program.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'diatom-program-'));
});
after(() => rm(directory, { recursive: true, force: true }));

async function write(name: string, text: string): Promise<string> {
  await writeFile(join(directory, name), text);
  return join(directory, name);
}

const shapes: readonly (readonly [name: string, text: string, shape: string])[] = [
  ['fetch.ts', 'export default { fetch(request: Request) { return new Response(); } };', 'javascript'],
  ['named.ts', 'const application = { fetch() {} };\nexport { application as default };', 'javascript'],
  ['page.tsx', 'export const page = <p/>;', 'javascript'],
  ['plain.js', 'module.exports = 1;', 'javascript'],
  [
    'serve.ts',
    'import { serve } from "diatom/http";\n// export default of nothing\nserve(8080, handler);',
    'assemblyscript',
  ],
  ['assembly.ts', '@inline function f(a: i32): i32 { return a as u8 }', 'assemblyscript'],
];
for (const [name, text, shape] of shapes) {
  test(`${name} is ${shape}: ${text.split('\n')[0]}`, async () => {
    assert.equal((await shapeOf(await write(name, text))).name, shape);
  });
}

test('it listens on the first port of its project, and its modules are in the manifest', async () => {
  const file = await write('app.ts', 'export default { fetch: () => new Response() };');
  await write('diatom.json', '{ "ports": [{ "name": "web", "port": 3000 }, { "name": "other", "port": 3001 }] }');
  const { manifest } = await buildPortable({ file });
  assert.deepEqual(manifest.ports[0], { name: 'web', port: 3000 });
  const modules = manifest.modules ?? [];
  assert.ok(modules.some(({ name, origin }) => name === 'app.ts' && origin === 'app'));
  assert.ok(modules.every(({ name }) => !/url|streams|crypto/.test(name)));
});

test('a program that starts with more memory than its project allows is told how much it needs', async () => {
  const file = await write(
    'large.ts',
    'const table = new Uint8Array(3_000_000).fill(1);\nexport default { fetch: () => new Response(table) };',
  );
  await write('diatom.json', '{ "memory": { "maximumBytes": 4194304 } }');
  await assert.rejects(buildPortable({ file }), /^BuildError: diatom\.json: memory: .* must be \d+ at least/);
});
