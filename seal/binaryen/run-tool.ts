/** Binaryen's command-line tools, from the npm package, on bytes instead of files. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

export type Tool = 'wasm-as' | 'wasm-merge' | 'wasm-opt';

const run = promisify(execFile);
const binaries = join(dirname(createRequire(import.meta.url).resolve('binaryen/package.json')), 'bin');

/** What asc emits and our compiler reads; everything else would be an error there. */
const features = [
  '--enable-multimemory',
  '--enable-bulk-memory',
  '--enable-bulk-memory-opt',
  '--enable-mutable-globals',
  '--enable-nontrapping-float-to-int',
  '--enable-reference-types',
  '--enable-sign-ext',
  '--enable-simd',
];

/** A tool runs for half a second: optimizing its ten megabytes costs more than it gives back (measured: twice the time). */
const engineOptions = ['--liftoff-only'];

/**
 * Run one tool. `inputs` become files of a temporary directory which the arguments name; the tool's `-o out.wasm` is
 * the result. The names are always the same, so nothing of this machine reaches the output.
 */
export async function runTool(
  tool: Tool,
  inputs: Readonly<Record<string, Uint8Array | string>>,
  toolArguments: readonly string[],
): Promise<Uint8Array> {
  const directory = await mkdtemp(join(tmpdir(), 'diatom-link-'));
  try {
    await Promise.all(Object.entries(inputs).map(([name, contents]) => writeFile(join(directory, name), contents)));
    const commandLine = [...engineOptions, join(binaries, tool), ...toolArguments, ...features, '-o', 'out.wasm'];
    try {
      await run(process.execPath, commandLine, { cwd: directory, maxBuffer: 1 << 24 });
    } catch (error) {
      const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
      throw new Error(`${tool} ${toolArguments.join(' ')} failed: ${said}`, { cause: error });
    }
    return await readFile(join(directory, 'out.wasm'));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
