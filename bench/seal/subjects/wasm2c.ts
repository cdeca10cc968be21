/** wabt's wasm2c and gcc -O2, with its default memory checks (guard pages and a signal handler, as ours). */
import { access, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execute, versionOf } from './execute.ts';
import { type CompilerSubject, readRun } from './subject.ts';

/** Where Debian's wabt keeps the runtime that translated programs are linked with. */
const runtime = '/usr/share/wabt/wasm2c';
const install = 'apt-get install wabt gcc';
const main = join(import.meta.dirname, 'wasm2c-main.c');

export const wasm2c: CompilerSubject = {
  name: 'wasm2c-gcc',
  unavailable: async () => {
    for (const tool of ['wasm2c', 'gcc', 'size']) {
      if ((await versionOf(tool)) === undefined) return `${tool} is not installed: ${install}`;
    }
    return access(join(runtime, 'wasm-rt-impl.c')).then(
      () => undefined,
      () => `${runtime} has no wasm-rt-impl.c: ${install}`,
    );
  },
  version: async () => `wasm2c ${await versionOf('wasm2c')}, ${await versionOf('gcc')}`,
  compile: async (_, wasm, directory) => {
    const at = (file: string): string => join(directory, file);
    await writeFile(at('program.wasm'), wasm);
    const startedMs = performance.now();
    await execute('wasm2c', ['-n', 'program', at('program.wasm'), '-o', at('program.c')]);
    const includes = ['-I', runtime];
    await execute('gcc', ['-O2', '-w', ...includes, '-c', at('program.c'), '-o', at('program.o')]);
    const compileMs = performance.now() - startedMs;
    const runtimeFiles = (await readdir(runtime))
      .filter((file) => file.endsWith('.c'))
      .map((file) => join(runtime, file));
    const objects = [main, at('program.o'), ...runtimeFiles];
    await execute('gcc', ['-O2', '-w', ...includes, '-I', directory, ...objects, '-lm', '-o', at('program')]);
    return {
      compileMs,
      codeBytes: await textBytes(at('program.o')),
      run: async () => readRun(await execute(at('program'), [])),
    };
  },
};

async function textBytes(objectFile: string): Promise<number> {
  const sections = (await execute('size', ['-A', objectFile])).toString();
  return [...sections.matchAll(/^\.text\S*\s+(\d+)/gm)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
}
