/** Real programs, native: an interpreter for JavaScript, and C with its standard library, against the same under Node. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { runTool } from './binaryen/run-tool.ts';
import { compile } from './compile.ts';
import { compileAssemblyScript } from './link/assemblyscript.ts';
import { writeExecutable } from './testing/native-run.ts';
import { quickjsProgram } from './testing/programs/quickjs.ts';

const programs = join(import.meta.dirname, 'testing/programs');

function run(wasm: Uint8Array, input: string): { readonly text: string; readonly status: number | null } {
  const { elf } = compile(wasm, { flavour: 'linux', check: true });
  const { stdout, status, signal } = spawnSync(writeExecutable(elf), { input, timeout: 60_000, maxBuffer: 1 << 26 });
  assert.equal(signal, null);
  return { text: stdout.toString(), status };
}

test('QuickJS runs a script as the engine does', async () => {
  const script = readFileSync(join(programs, 'program.js'), 'utf8');
  const { text } = run(await quickjsProgram(script), '');
  assert.equal(text, runInNewContext(script));
});

const libraries = ['/usr/lib/wasm32-wasi', '/usr/lib/wasm32-wasi/libc.a'];

function missing(): string | false {
  const clang = spawnSync('clang', ['--version']).error === undefined;
  if (clang && spawnSync('wasm-ld', ['--version']).error === undefined && libraries.some(existsSync)) return false;
  return 'needs apt-get install clang lld wasi-libc libclang-rt-14-dev-wasm32';
}

const underNode = `
  import { WASI } from 'node:wasi';
  import { readFileSync } from 'node:fs';
  const wasi = new WASI({ version: 'preview1', returnOnExit: true });
  const module = new WebAssembly.Module(readFileSync(process.argv[1]));
  process.exitCode = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));`;

for (const level of ['-O0', '-O2', '-Oz']) {
  test(`C with wasi-libc at ${level} prints what it prints under Node`, { skip: missing() }, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'diatom-wasi-'));
    try {
      const path = join(directory, 'program.wasm');
      const built = spawnSync('clang', ['--target=wasm32-wasi', level, '-o', path, join(programs, 'calculator.c')]);
      assert.equal(built.status, 0, built.stderr.toString());
      const input = readFileSync(join(programs, 'program.txt'), 'utf8');
      const node = spawnSync(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', underNode, path],
        { input },
      );
      const shim = await compileAssemblyScript({
        entry: 'wasi.ts',
        directory: join(programs, 'guest'),
        arguments: ['-O3', '--runtime', 'stub', '--use', 'abort=', '--importMemory', '--noExportMemory'],
      });
      const merged = await runTool('wasm-merge', { 'program.wasm': readFileSync(path), 'shim.wasm': shim }, [
        ...['program.wasm', 'env', 'shim.wasm', 'wasi_snapshot_preview1'],
        '--rename-export-conflicts',
      ]);
      const native = run(merged, input);
      assert.equal(native.text, node.stdout.toString());
      assert.equal(native.status, node.status);
      assert.match(native.text, /bytes, packed \d+, same, crc/);
      assert.equal(native.status, 7);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
}
