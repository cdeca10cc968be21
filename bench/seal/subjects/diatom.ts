/** Our compiler: the program and a small driver become one host program. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { versions } from '@diatom/cli/version.ts';
import { runTool } from '@diatom/seal/binaryen/run-tool.ts';
import { compileAssemblyScript } from '@diatom/seal/link/assemblyscript.ts';
import { execute } from './execute.ts';
import { type CompilerSubject, readRun } from './subject.ts';

/** What compile-with-diatom.ts prints. */
export interface DiatomCompilation {
  readonly compileMs: number;
  readonly codeBytes: number;
}

export const driverPrefix = 'driver/';
const bench = join(import.meta.dirname, '..');

let driver: Promise<Uint8Array> | undefined;

async function withDriver(wasm: Uint8Array): Promise<Uint8Array> {
  driver ??= compileAssemblyScript({
    entry: `${driverPrefix}driver.ts`,
    prefix: 'driver',
    directory: join(bench, 'guest/driver'),
    arguments: ['-O3', '--runtime', 'stub', '--use', 'abort=', '--noExportMemory'],
  });
  // The program first: its memory is memory 0, as in an image.
  return runTool('wasm-merge', { 'program.wasm': wasm, 'driver.wasm': await driver }, [
    ...['program.wasm', 'program', 'driver.wasm', 'driver'],
    '--rename-export-conflicts',
    '-g',
  ]);
}

export const diatom: CompilerSubject = {
  name: 'diatom',
  unavailable: async () => undefined,
  version: async () => versions().diatom,
  compile: async (_, wasm, directory) => {
    const modulePath = join(directory, 'program.wasm');
    const executable = join(directory, 'program');
    await writeFile(modulePath, await withDriver(wasm));
    // A process of its own: nothing is warm that would not be in "diatom build".
    const compiler = join(import.meta.dirname, 'compile-with-diatom.ts');
    const said = await execute(process.execPath, [compiler, modulePath, executable]);
    const { compileMs, codeBytes }: DiatomCompilation = JSON.parse(said.toString());
    return { compileMs, codeBytes, run: async () => readRun(await execute(executable, [])) };
  },
};
