/**
 * The module of every JavaScript application before it has a program: library OS, bridge, glue and engine. What differs
 * between applications is data alone (snapshot/), so this is linked once and kept; once more for those that send requests.
 */
import { runTool } from '../binaryen/run-tool.ts';
import { cached } from '../link/cache.ts';
import { bridge, engineGlue, engineHot, engineMemory, engineTable, libraryOs, toolVersions } from '../link/guest.ts';
import { keepExports } from '../shake/keep-exports.ts';
import { passes, shake } from '../shake/shake.ts';
import { engineModule, hostModule } from './engine.ts';
import { hookExports, replaceHooked } from './hooks.ts';
import { engineImports } from './imports.ts';
import { glueDataAt } from './layout.ts';

/** Exports that only the snapshot uses; they are not in images. */
export const snapshotExports = [
  'application_memory',
  'allocate',
  'prepare',
  'evaluate',
  'finish',
  'failure_text',
] as const;

/** What the engine imports, and the table module; gone once they are joined. */
const engineNeeds = [...Object.values(engineImports), 'promise_rejected'];

const roots = ['_start', 'memory', ...snapshotExports];

/** A limit that each project replaces by its own. */
const anyMaximumBytes = 2 ** 31;

/** The engine is optimized already, and large: what it is joined with is optimized before, and here only left out. */
const joinPasses = ['--remove-unused-module-elements'];

export interface LinkedEngineOptions {
  /** Whether the program sends requests to other hosts: what is for that alone is left out otherwise. */
  readonly hasClient: boolean;
}

export async function linkEngine({ hasClient }: LinkedEngineOptions): Promise<Uint8Array> {
  const [os, join, memory, table, hot, glue, engine] = await Promise.all([
    libraryOs(anyMaximumBytes),
    bridge(),
    engineMemory(),
    engineTable(),
    engineHot(),
    engineGlue(glueDataAt, hasClient),
    engineModule(),
  ]);
  const key = JSON.stringify([await toolVersions(), roots, passes, joinPasses]);
  return cached('engine', [key, os, join, memory, table, hot, glue, engine], async () => {
    const around = await shake(
      await runTool('wasm-merge', { 'os.wasm': os, 'bridge.wasm': join, 'memory.wasm': memory, 'glue.wasm': glue }, [
        ...['os.wasm', 'diatom:os', 'bridge.wasm', 'diatom:bridge', 'memory.wasm', 'env'],
        ...['glue.wasm', 'diatom:application', '--rename-export-conflicts', '-g'],
      ]),
      [...roots, ...engineNeeds],
    );
    const merged = await runTool(
      'wasm-merge',
      { 'around.wasm': around, 'engine.wasm': engine, 'table.wasm': table, 'hot.wasm': hot },
      [
        'around.wasm',
        hostModule,
        'engine.wasm',
        'quickjs',
        'table.wasm',
        'diatom:table',
        'hot.wasm',
        'diatom:hot',
        '-g',
      ],
    );
    const hooked = replaceHooked(keepExports(merged, [...roots, ...hookExports]));
    return runTool('wasm-opt', { 'in.wasm': keepExports(hooked, roots) }, ['in.wasm', ...joinPasses, '-g']);
  });
}
