import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runTool } from '../binaryen/run-tool.ts';
import { type BuildResult, build } from '../build.ts';
import { decode } from '../decode/decode.ts';
import { functionsOf, readSymbols } from '../symbols.ts';
import { callGraph } from './call-graph.ts';
import { imageGraph } from './image-graph.ts';
import { why } from './why.ts';

const text = `(module
  (type $number (func (param i32) (result i32)))
  (table 3 funcref)
  (elem (i32.const 0) $shop/held $shop/unfitting)
  (func $shop/held (type $number) (call $shop/deep (local.get 0)))
  (func $shop/unfitting)
  (func $shop/deep (type $number) (i32.add (local.get 0) (i32.const 1)))
  (func $shop/direct (type $number) (call $shop/last (local.get 0)))
  (func $shop/last (type $number) (local.get 0))
  (func $shop/dispatch (result i32) (call_indirect (type $number) (i32.const 1) (i32.const 0)))
  (func $shop/taken)
  (func $shop/lonely (call $shop/lonely))
  (func $main (export "_start")
    (drop (call $shop/direct (i32.const 1)))
    (drop (call $shop/last (i32.const 1)))
    (drop (call $shop/dispatch))
    (table.set (i32.const 2) (ref.func $shop/taken))
  )
  (elem declare func $shop/taken))`;

const graph = callGraph(decode(await runTool('wasm-as', { 'in.wat': text }, ['in.wat', '-g'])));

function pathTo(name: string): readonly string[] {
  const answer = why(graph, name);
  assert.equal(answer.kind, 'kept');
  return answer.kind === 'kept' ? answer.path.map((step) => `${step.by} ${step.function}`) : [];
}

test('a function that is called directly is kept by the shortest chain of calls', () => {
  assert.deepEqual(pathTo('shop/direct'), ['entry main', 'call shop/direct']);
  assert.deepEqual(pathTo('shop/last'), ['entry main', 'call shop/last']);
  const answer = why(graph, 'shop/last');
  assert.deepEqual(answer.kind === 'kept' && answer.callers, [
    { function: 'main', by: 'call' },
    { function: 'shop/direct', by: 'call' },
  ]);
});

test('a function reached only over a table says so, and what lies behind it', () => {
  assert.deepEqual(pathTo('shop/held'), ['entry main', 'call shop/dispatch', 'table shop/held']);
  assert.deepEqual(pathTo('deep').at(-1), 'call shop/deep');
  assert.deepEqual(pathTo('shop/taken'), ['entry main', 'reference shop/taken']);
});

test('a function in a table that no indirect call fits is kept by the table alone', () => {
  assert.deepEqual(pathTo('shop/unfitting'), ['held shop/unfitting']);
});

test('a function that only calls itself has no path', () => {
  assert.deepEqual(pathTo('shop/lonely'), []);
});

test('a function that is not there brings the names nearest to it', () => {
  assert.deepEqual(why(graph, 'shop/dispach'), { kind: 'absent', candidates: ['shop/dispatch'] });
  assert.deepEqual(why(graph, 'xyzzy'), { kind: 'absent', candidates: [] });
});

let directory: string;
let image: BuildResult;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'diatom-why-'));
  const file = join(directory, 'shop.ts');
  const source = `import { serve, Response } from "diatom/http";
let visits = 0;
export function neverReached(): i32 { return 4711 + visits; }
@noinline function page(n: i32): string { visits++; return n > 0 ? page(n - 1) + "x" : "y"; }
serve(8080, (request) => Response.text(page(2)));
`;
  await writeFile(file, source);
  image = await build({ file });
});
after(() => rm(directory, { recursive: true, force: true }));

test('a function nothing reaches is in no layer of the image, by name or by code', async () => {
  for (const [role, bytes] of Object.entries(image.layers)) {
    assert.ok(!Buffer.from(bytes).includes('neverReached'), role);
    const constant = Buffer.alloc(4);
    constant.writeInt32LE(4711);
    if (role === 'process') assert.ok(!Buffer.from(bytes).includes(constant), 'its constant is not in the code');
  }
  const { graph: whole } = await imageGraph(image.layers.wasm, 'process', image.manifest.functions);
  assert.equal(why(whole, 'shop/neverReached').kind, 'absent');
});

test('every function of an image has a reason, down to the bindings', async () => {
  const { graph: whole, hasBindings } = await imageGraph(image.layers.wasm, 'process', image.manifest.functions);
  assert.equal(hasBindings, true);
  for (const { name, origin } of image.manifest.functions) {
    if (origin === 'seal') continue;
    const answer = why(whole, name);
    assert.ok(answer.kind === 'kept' && answer.path.length > 0, name);
  }
  const page = why(whole, 'shop/page');
  assert.ok(page.kind === 'kept' && page.path[0]?.by === 'entry');
  assert.ok(
    page.kind === 'kept' && page.path.some(({ by }) => by === 'table'),
    'the handler is reached over the table',
  );
});

test('every target has a graph of its own', async () => {
  const { functions } = readSymbols(image.layers['hvt-symbols'] ?? Buffer.alloc(0));
  const listed = functionsOf({ functions, packages: [] });
  const { graph: whole, hasBindings } = await imageGraph(image.layers.wasm, 'hvt', listed);
  assert.equal(hasBindings, true);
  for (const { name, origin } of listed) {
    if (origin !== 'seal') assert.equal(why(whole, name).kind, 'kept', name);
  }
  assert.equal((await imageGraph(image.layers.wasm, 'hvt', image.manifest.functions)).hasBindings, false);
});

test('an image built by another version is explained up to its machine calls', async () => {
  const [, ...fewer] = image.manifest.functions;
  const { graph: portable, hasBindings } = await imageGraph(image.layers.wasm, 'process', fewer);
  assert.equal(hasBindings, false);
  assert.equal(why(portable, 'diatom:machine.sock_accept').kind, 'kept');
});
