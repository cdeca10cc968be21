import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { LayerRole } from '@diatom/libos';
import { build, buildPortable } from './build.ts';
import { BuildError } from './diagnostic.ts';
import { inspect } from './inspect/inspect.ts';

const applications = join(dirname(createRequire(import.meta.url).resolve('@diatom/libos/abi')), 'guest', 'test-apps');
const hello = join(import.meta.dirname, '..', 'examples', 'hello', 'hello.ts');
const run = promisify(execFile);

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'diatom-build-'));
});
after(() => rm(directory, { recursive: true, force: true }));

async function write(name: string, source: string, project?: unknown): Promise<string> {
  const folder = join(directory, name);
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${name}.ts`);
  await writeFile(file, source);
  if (project !== undefined) await writeFile(join(folder, 'diatom.json'), JSON.stringify(project));
  return file;
}

/** Functions of a module by name section, as V8 shows them in a disassembly-free way: names are in the bytes. */
function names(wasm: Uint8Array): string {
  return Buffer.from(wasm).toString('latin1');
}

async function refusal(file: string): Promise<BuildError> {
  try {
    await buildPortable({ file });
  } catch (error) {
    if (error instanceof BuildError) return error;
    throw error;
  }
  throw new Error('the build went through');
}

test('hello is small, listens on what it serves, and imports only the machine', async () => {
  const { manifest, wasm } = await buildPortable({ file: hello });
  assert.equal(manifest.name, 'hello');
  assert.deepEqual(manifest.ports, [{ name: 'port-8080', port: 8080 }]);
  assert.ok(wasm.length < 32 * 1024, `${wasm.length} bytes with names`);
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>));
  assert.deepEqual([...new Set(imports.map(({ module }) => module))], ['diatom:machine']);
  assert.deepEqual(imports.map(({ name }) => name).sort(), manifest.machineCalls);
  assert.equal(manifest.memory.maximumBytes, 16 * 1024 * 1024);
});

test('the sealed hello is at most 64 KB and names its system calls', async () => {
  const { manifest, layers } = await build({ file: hello });
  const { process: executable } = layers;
  assert.ok(executable !== undefined && executable.length <= 64 * 1024, `${executable?.length} bytes`);
  assert.deepEqual(
    manifest.systemCalls,
    'accept4 clock_gettime close epoll_ctl epoll_pwait exit_group mprotect recvfrom sendto shutdown write'.split(' '),
  );
  const { origins, libraryFunctions, codeBytes } = inspect({ ...manifest, layers: [] });
  assert.ok(origins.some(({ origin, bytes }) => origin === 'libos/http' && bytes > 0));
  assert.ok(libraryFunctions.some(({ name }) => name === 'libos/loop/run'));
  assert.equal(
    codeBytes,
    origins.reduce((sum, { bytes }) => sum + bytes, 0),
  );
});

test('without a word about targets an image is made for process and hvt, of the same size nearly', async () => {
  const { layers, leftOut } = await build({ file: hello });
  assert.deepEqual(Object.keys(layers).sort(), ['hvt', 'hvt-symbols', 'process', 'symbols', 'wasm']);
  assert.deepEqual(leftOut, []);
  assert.ok(layers.hvt !== undefined && layers.hvt.length <= 64 * 1024, `${layers.hvt?.length} bytes`);
});

test('an image for hvt alone makes no system call and has no other bindings', async () => {
  const { manifest, layers } = await build({ file: hello, targets: ['hvt'] });
  assert.deepEqual(Object.keys(layers).sort(), ['hvt', 'hvt-symbols', 'wasm']);
  assert.deepEqual(manifest.systemCalls, []);
  const origins = new Set(manifest.functions.map(({ origin }) => origin));
  assert.ok(origins.has('bindings/hvt') && !origins.has('bindings/process'), [...origins].join());
  const both = await build({ file: hello, targets: ['hvt', 'process'] });
  assert.deepEqual(both.layers.hvt, layers.hvt, 'what else is made does not reach the bytes');
});

test('an image has only what it calls', async () => {
  const echo = await buildPortable({ file: join(applications, 'echo.ts') });
  assert.ok(!names(echo.wasm).includes('libos/http'), 'a TCP echo carries no HTTP');
  const timers = await buildPortable({ file: join(applications, 'timers.ts') });
  assert.ok(!names(timers.wasm).includes('libos/streams'), 'timers carry no streams');
  assert.deepEqual(timers.manifest.machineCalls, ['clock_monotonic', 'console_write', 'exit', 'yield']);
  assert.deepEqual(timers.manifest.ports, []);
  assert.ok(!names((await buildPortable({ file: hello })).wasm).includes('libos/streams'), 'HTTP carries no streams');
});

test('the same source in two places gives the same bytes', async () => {
  const results = await Promise.all(
    ['one', 'two/deeper'].map(async (folder) => {
      await mkdir(join(directory, folder), { recursive: true });
      const file = join(directory, folder, 'http.ts');
      await copyFile(join(applications, 'http.ts'), file);
      return build({ file });
    }),
  );
  const [one, two] = results;
  assert.ok(one !== undefined && two !== undefined);
  assert.deepEqual(one.manifest, two.manifest);
  assert.deepEqual(Object.keys(one.layers), Object.keys(two.layers));
  for (const [role, bytes] of Object.entries(one.layers)) {
    assert.ok(Buffer.from(bytes).equals(two.layers[role as LayerRole] ?? Buffer.alloc(0)), role);
    assert.ok(!names(bytes).includes(directory), `no path of this machine in ${role}`);
  }
});

test('neither directory, home, cache, clock, locale nor file times reach the bytes', async () => {
  const here = join(directory, 'here');
  const there = join(directory, 'there/far/away');
  const file = join(here, 'echo.ts');
  const moved = join(there, 'echo.ts');
  await Promise.all([here, there].map((folder) => mkdir(folder, { recursive: true })));
  await copyFile(join(applications, 'echo.ts'), file);
  await copyFile(file, moved);
  await utimes(moved, 86_400, 86_400);
  const { manifest, layers } = await build({ file });
  // A process of its own in a world of its own; its cache is empty, so everything is made again.
  const script = `import { build } from ${JSON.stringify(import.meta.resolve('./build.ts'))};
    import { createHash } from 'node:crypto';
    const { manifest, layers } = await build({ file: 'echo.ts' });
    const digests = Object.entries(layers).map(([role, bytes]) => [role, createHash('sha256').update(bytes).digest('hex')]);
    process.stdout.write(JSON.stringify({ manifest, digests }));`;
  await writeFile(join(there, 'make.mjs'), script);
  const { stdout } = await run(process.execPath, [join(there, 'make.mjs')], {
    cwd: there,
    env: { PATH: '/nowhere', HOME: there, DIATOM_HOME: join(there, 'home'), TZ: 'Asia/Tokyo', LANG: 'tr_TR.UTF-8' },
    maxBuffer: 1 << 24,
  });
  const digests = Object.entries(layers).map(([role, bytes]) => [
    role,
    createHash('sha256').update(bytes).digest('hex'),
  ]);
  assert.deepEqual(JSON.parse(stdout), JSON.parse(JSON.stringify({ manifest, digests })));
});

test('diatom.json overrides name, ports and memory', async () => {
  const file = await write('settings', 'console.log("hi");', {
    name: 'other',
    ports: [{ name: 'web', port: 9000 }],
    memory: { maximumBytes: 1 << 21, stackBytes: 1 << 17 },
  });
  const { manifest } = await buildPortable({ file });
  assert.equal(manifest.name, 'other');
  assert.deepEqual(manifest.ports, [{ name: 'web', port: 9000 }]);
  assert.deepEqual([manifest.memory.maximumBytes, manifest.memory.stackBytes], [1 << 21, 1 << 17]);
  assert.equal((await buildPortable({ file, name: 'mine' })).manifest.name, 'mine');
});

test('a mistake in the source is told with its place', async () => {
  const file = await write('mistake', 'let a: i32 = 1;\nlet b: string =  a;\n');
  const error = await refusal(file);
  const [first] = error.diagnostics;
  assert.deepEqual([first?.file, first?.line, first?.column], ['mistake.ts', 2, 18]);
  assert.match(error.message, /^mistake\.ts:2:18: AS\d+: Type 'i32' is not assignable to type '.*String'\.$/m);
});

test('an import nobody provides is told', async () => {
  assert.match(
    (await refusal(await write('missing', 'import { x } from "diatom/nothing";\nx();\n'))).message,
    /^missing\.ts:1:19: AS\d+: File '.*diatom\/nothing\.ts' not found/,
  );
  const foreign = '@external("elsewhere", "f") declare function f(): void;\nf();\n';
  assert.match(
    (await refusal(await write('foreign', foreign))).message,
    /imports elsewhere\.f, which no part of the library OS provides/,
  );
});

test('a program that fails at once is told so at build time', async () => {
  const file = await write('fails', 'throw new Error("on purpose");\n');
  assert.match(
    (await refusal(file)).message,
    /^record: the program fails before it waits for anything: error: on purpose at fails\.ts:1:1$/,
  );
  assert.match((await refusal(join(applications, 'exhaust.ts'))).message, /fails before it waits/);
});

test('a file that is not there is told', async () => {
  assert.equal((await refusal(join(directory, 'no.ts'))).message, `file: there is no file ${join(directory, 'no.ts')}`);
});
