import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { BuildError } from '../diagnostic.ts';
import { type Bundle, type BundleOptions, bundle } from './bundle.ts';

let directory: string;
let count = 0;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'diatom-bundle-'));
});
after(() => rm(directory, { recursive: true, force: true }));

/** Joins a program of these files, the first being `app.ts`. */
async function joined(
  app: string,
  others: Readonly<Record<string, string>> = {},
  options?: BundleOptions,
): Promise<Bundle> {
  const folder = join(directory, String(++count));
  for (const [name, text] of Object.entries({ 'app.ts': app, ...others })) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return bundle(join(folder, 'app.ts'), options);
}

async function diagnosticsOf(app: string, others: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const error = await joined(app, others).then(
    () => assert.fail('the program was joined'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof BuildError, String(error));
  return error.message.split('\n');
}

const hello = "export default { fetch: () => new Response('hello') };";

test('a program that only answers carries neither URL nor streams nor crypto', async () => {
  const { globals, code } = await joined(hello);
  assert.deepEqual(globals, ['Response']);
  assert.doesNotMatch(code, /class URL|ReadableStream|subtle/);
});

const reaching: readonly (readonly [program: string, globals: readonly string[]])[] = [
  ['return new URL("a:b")', ['URL']],
  ['return globalThis.URL', ['URL']],
  ['const { URL: Parser } = globalThis; return Parser', ['URL']],
  ['const scope = globalThis; return scope["URL"]', ['URL']],
  ['const scope = globalThis; return (name) => name === "URL" && scope[name]', ['URL']],
  ['return typeof URL', ['URL']],
  ['const x = { URL: 1, fetch() {} }; return x.URL', []],
];
for (const [program, expected] of reaching) {
  test(`${program} needs ${expected.length === 0 ? 'no web API' : expected.join(', ')}`, async () => {
    const { globals } = await joined(`export default { fetch() { ${program}; } };`);
    assert.deepEqual(globals, expected);
  });
}

test('modules, packages by their condition for workers, and JSX are joined', async () => {
  const { code, sources } = await joined('import { page } from "./page.tsx"; export default { fetch: () => page };', {
    'page.tsx': '/** @jsxImportSource tiny */ export const page = <p class="a">text</p>;',
    'node_modules/tiny/package.json':
      '{"name":"tiny","version":"1.0.0","exports":{"./jsx-runtime":{"workerd":"./worker.js","default":"./no.js"}}}',
    'node_modules/tiny/worker.js': 'export const jsx = (tag, props) => ["made for workers", tag, props.children];',
    'node_modules/tiny/no.js': 'export { readFile as jsx } from "node:fs";',
  });
  assert.match(code, /made for workers/);
  assert.ok(sources.some((source) => source.endsWith('node_modules/tiny/worker.js')));
});

test('what is not used is left out', async () => {
  const { code } = await joined('import { used } from "./library.ts"; export default { fetch: () => used };', {
    'library.ts': 'export const used = "kept"; export const unused = "left out";',
  });
  assert.match(code, /kept/);
  assert.doesNotMatch(code, /left out/);
});

test('the joined program says nothing about the machine it was made on', async () => {
  const { code } = await joined('import "./other.ts"; export default { fetch() {} };', {
    'other.ts': 'console.log(1);',
  });
  assert.ok(!code.includes(directory), code.slice(-500));
  assert.ok(!code.includes(process.cwd()));
});

test('the same program gives the same module', async () => {
  const [one, two] = [await joined(hello), await joined(hello)];
  assert.equal(one.code, two.code);
});

const mistakes: readonly (readonly [program: string, says: RegExp])[] = [
  [
    "import { readFile } from 'node:fs/promises';\nexport default { fetch: () => readFile('a') };",
    /^app\.ts:1:\d+: builtin: node:fs\/promises is part of Node and not of an image; an image has no files/,
  ],
  ["import os from 'os';\nexport default { fetch: () => os };", /^app\.ts:1:\d+: builtin: os is part of Node/],
  [
    "\nimport x from 'not-installed';\nexport default { fetch: () => x };",
    /^app\.ts:2:\d+: import: there is no module not-installed; install its package/,
  ],
  [
    'export default { fetch: (request: Request) => import(request.url) };',
    /^app\.ts:1:\d+: dynamic-import: import\(\) of a name that only the running program knows/,
  ],
  ['export default {\n  fetch: () => eval("1") };', /^app\.ts:2:\d+: eval: eval makes code at run time/],
  ['export default {\n  fetch: () => new Function("return 1") };', /^app\.ts:2:\d+: function-constructor: /],
  ['export default {\n  fetch: () => globalThis.eval("1") };', /^app\.ts:2:\d+: eval: /],
  ['export default { fetch( };', /^app\.ts:1:\d+: bundle: /],
];
for (const [program, says] of mistakes) {
  test(`refused with its place: ${program.replaceAll('\n', ' ')}`, async () => {
    const [first] = await diagnosticsOf(program);
    assert.match(first ?? '', says);
  });
}

test('packages may try to make code; the program may when its project allows it', async () => {
  const trying = 'import { can } from "trying"; export default { fetch: () => can };';
  const files = {
    'node_modules/trying/package.json': '{"name":"trying","main":"index.js"}',
    'node_modules/trying/index.js': 'export let can = true; try { new Function(""); } catch { can = false; }',
  };
  assert.match((await joined(trying, files)).code, /EvalError/);
  const program = 'export default { fetch: () => new Function("return 1")() };';
  assert.doesNotMatch((await joined(program, {}, { allowsEval: true })).code, /EvalError/);
});

test('a mistake in another file is named there', async () => {
  const [first] = await diagnosticsOf('import { f } from "./lib/f.ts"; export default { fetch: f };', {
    'lib/f.ts': '// first line\nimport net from "net";\nexport const f = () => net;',
  });
  assert.match(first ?? '', /^lib\/f\.ts:2:\d+: builtin: net is part of Node/);
});

test('a module named in an import() is joined with the others', async () => {
  const { code } = await joined('export default { fetch: async () => (await import("./late.ts")).text };', {
    'late.ts': 'export const text = "late but here";',
  });
  assert.match(code, /late but here/);
});
