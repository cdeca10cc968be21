/** V8 in the Node this runs on, optimising tier only. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execute } from './execute.ts';
import { type CompilerSubject, readRun } from './subject.ts';

/**
 * Everything is compiled by TurboFan, before the first call: without Liftoff there is no other tier to begin with. What
 * is measured is what the engine would come to after a warm-up, and compile_ms is the time of that tier alone.
 */
const flags = ['--no-liftoff', '--no-wasm-lazy-compilation'];
const runner = join(import.meta.dirname, 'run-in-v8.mjs');

export const v8: CompilerSubject = {
  name: 'v8',
  unavailable: async () => undefined,
  version: async () => `${process.versions.v8} (Node ${process.versions.node})`,
  compile: async (_, wasm, directory) => {
    const modulePath = join(directory, 'program.wasm');
    await writeFile(modulePath, wasm);
    // One line for each function, with the size of its code.
    const tracing = [...flags, '--trace-wasm-compilation-times'];
    const said = (await execute(process.execPath, [...tracing, runner, 'compile', modulePath])).toString();
    return {
      compileMs: Number(/^compiled in (\S+) ms$/m.exec(said)?.[1]),
      codeBytes: [...said.matchAll(/ using TurboFan, .* codesize (\d+) /g)].reduce(
        (sum, [, size]) => sum + Number(size),
        0,
      ),
      run: async () => readRun(await execute(process.execPath, [...flags, runner, 'run', modulePath])),
    };
  },
};
