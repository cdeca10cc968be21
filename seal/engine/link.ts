/**
 * The module of every JavaScript application before it has a program: library OS, bridge, glue and engine. What differs
 * between applications is data alone (snapshot/), so this is linked once and kept.
 */
import { runTool } from '../binaryen/run-tool.ts';
import { cached } from '../link/cache.ts';
import { bridge, engineGlue, engineMemory, engineTable, libraryOs, toolVersions } from '../link/guest.ts';
import { passes, shake } from '../shake/shake.ts';
import { engineModule } from './engine.ts';

/** Exports that only the snapshot uses; they are not in images. */
export const snapshotExports = ['application_memory', 'prepare', 'evaluate', 'finish', 'failure_text'] as const;

const roots = ['_start', 'memory', ...snapshotExports];

/** A limit that each project replaces by its own. */
const anyMaximumBytes = 2 ** 31;

export async function linkEngine(): Promise<Uint8Array> {
  const [os, join, memory, table, glue, engine] = await Promise.all([
    libraryOs(anyMaximumBytes),
    bridge(),
    engineMemory(),
    engineTable(),
    engineGlue(),
    engineModule(),
  ]);
  const key = JSON.stringify([await toolVersions(), roots, passes]);
  return cached('engine', [key, os, join, memory, table, glue, engine], async () => {
    const merged = await runTool(
      'wasm-merge',
      {
        'os.wasm': os,
        'bridge.wasm': join,
        'memory.wasm': memory,
        'table.wasm': table,
        'glue.wasm': glue,
        'engine.wasm': engine,
      },
      [
        ...['os.wasm', 'diatom:os', 'bridge.wasm', 'diatom:bridge', 'memory.wasm', 'env'],
        ...['glue.wasm', 'diatom:application', 'engine.wasm', 'quickjs', 'table.wasm', 'diatom:table'],
        '--rename-export-conflicts',
        '-g',
      ],
    );
    return shake(merged, roots);
  });
}
