import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { layerMediaTypes, type Manifest } from '@diatom/libos';
import { type BuildResult, build } from '../build.ts';
import { readSymbols } from '../symbols.ts';
import { packagesOf } from './packages.ts';
import { type Component, type Sbom, sbom } from './sbom.ts';

let directory: string;
let image: BuildResult;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'diatom-sbom-'));
  await place('node_modules/@shop/prices/package.json', '{"name":"@shop/prices","version":"1.2.3"}');
  await place(
    'node_modules/@shop/prices/assembly/index.ts',
    'export function price(n: i32): i32 { return n < 2 ? 3 : price(n - 1) * 2 + price(n - 2); }',
  );
  await place('node_modules/unused/package.json', '{"name":"unused","version":"9.9.9"}');
  const source =
    'import { price } from "@shop/prices/assembly";\nconsole.log(price(i32(Date.now()) & 7).toString());\n';
  image = await build({ file: await place('shop.ts', source) });
});
after(() => rm(directory, { recursive: true, force: true }));

async function place(path: string, text: string): Promise<string> {
  const file = join(directory, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, text);
  return file;
}

const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`;

function billOf({ manifest, layers }: BuildResult): Sbom {
  const described = (['wasm', 'process', 'symbols'] as const).map((role, index) => ({
    role,
    digest: digestOf(String(index)),
    sizeBytes: layers[role]?.length ?? 0,
  }));
  const { packages } = readSymbols(layers.symbols ?? Buffer.alloc(0));
  const whole: Manifest = { ...manifest, layers: described };
  return sbom({ manifest: whole, digest: digestOf('a'), packages });
}

test('an imported npm package is in the bill with its version and its functions, one beside it is not', () => {
  const { components } = billOf(image);
  const found = components.find(({ name }) => name === '@shop/prices');
  assert.equal(found?.version, '1.2.3');
  assert.equal(found?.purl, 'pkg:npm/%40shop/prices@1.2.3');
  assert.match(found?.properties?.[0]?.value ?? '', /^~lib\/@shop\/prices\/assembly\/index\/price \d+$/);
  assert.ok(!components.some(({ name }) => name === 'unused'));
});

test('machine code made of a package has its version and its name in the registry', async () => {
  const source =
    "export default { fetch: async () => new Response(await crypto.subtle.digest('SHA-1', new Uint8Array(1))) };";
  const { components } = billOf(await build({ file: await place('digest.ts', source) }));
  const found = (origin: string) => components.find(({ name }) => name === origin);
  assert.match(found('quickjs')?.purl ?? '', /^pkg:npm\/%40jitl\/quickjs-ng-wasmfile-release-sync@0\.\d+\.\d+$/);
  assert.match(found('hacl')?.purl ?? '', /^pkg:npm\/hacl-wasm@1\.\d+\.\d+$/);
  assert.equal(found('libos/js')?.purl, undefined);
});

test('every function of the image is in the bill once', () => {
  const { metadata, components } = billOf(image);
  const listed = [metadata.component, ...components].flatMap(({ properties = [] }) =>
    properties.filter(({ name }) => name === 'diatom:function').map(({ value }) => value),
  );
  const expected = image.manifest.functions.map(({ name, bytes }) => `${name} ${bytes}`);
  assert.deepEqual(listed.toSorted(), expected.toSorted());
});

/** The parts of the published schema (bom-1.6.schema.json) that a bill of ours uses. */
function checkComponent(component: Component): void {
  assert.ok(['application', 'library', 'file'].includes(component.type));
  assert.equal(typeof component.name, 'string');
  for (const { alg, content } of component.hashes ?? []) {
    assert.equal(alg, 'SHA-256');
    assert.match(content, /^[0-9a-f]{64}$/);
  }
  for (const { name, value } of component.properties ?? []) assert.ok(name.length > 0 && typeof value === 'string');
  if (component['mime-type'] !== undefined) assert.match(component['mime-type'], /^[-+a-z0-9.]+\/[-+a-z0-9.]+$/);
}

test('the bill has the shape of CycloneDX 1.6, and its references resolve', () => {
  const bill = billOf(image);
  assert.deepEqual([bill.bomFormat, bill.specVersion, bill.version], ['CycloneDX', '1.6', 1]);
  const tools = bill.metadata.tools.components;
  const all = [bill.metadata.component, ...tools, ...bill.components];
  all.forEach(checkComponent);
  assert.deepEqual(
    tools.map(({ name }) => name),
    ['diatom', 'assemblyscript', 'binaryen'],
  );
  for (const { version = '' } of tools) assert.match(version, /^\d+\.\d+\.\d+$/);
  const references = all.flatMap((component) => component['bom-ref'] ?? []);
  assert.equal(new Set(references).size, references.length, 'references are unique');
  for (const { ref, dependsOn } of bill.dependencies) {
    for (const reference of [ref, ...dependsOn]) assert.ok(references.includes(reference), reference);
  }
  const files = bill.components.filter(({ type }) => type === 'file');
  assert.deepEqual(
    files.map((file) => file['mime-type']),
    [layerMediaTypes.wasm, layerMediaTypes.process, layerMediaTypes.symbols],
  );
});

test('the same image has the same bill: no serial number, no time', () => {
  const text = JSON.stringify(billOf(image));
  assert.equal(text, JSON.stringify(billOf(image)));
  assert.ok(!('serialNumber' in billOf(image)) && !('timestamp' in billOf(image).metadata));
  assert.ok(!text.includes(directory));
});

test('packages are found by the files that were read, scoped and nested ones too', async () => {
  await place('node_modules/outer/node_modules/inner/package.json', '{"version":"0.0.7"}');
  const files = [
    'shop.ts',
    'node_modules/@shop/prices/assembly/index.ts',
    'node_modules/@shop/prices/assembly/more.ts',
    'node_modules/outer/node_modules/inner/index.ts',
    'node_modules/bare/index.ts',
  ].map((file) => join(directory, file));
  assert.deepEqual(await packagesOf(files), [
    { name: '@shop/prices', version: '1.2.3' },
    { name: 'bare' },
    { name: 'inner', version: '0.0.7' },
  ]);
});
