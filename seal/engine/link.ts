/**
 * The module of every JavaScript application before it has a program: library OS, bridge, glue and engine. What differs
 * between applications is data alone (snapshot/), so this is linked once and kept; once more for those that send requests.
 */
import type { CryptographyFamily } from '@diatom/libos/js/crypto/native/families.ts';
import { runTool } from '../binaryen/run-tool.ts';
import { cached } from '../link/cache.ts';
import { bridge, engineGlue, engineHot, engineMemory, engineTable, libraryOs, toolVersions } from '../link/guest.ts';
import { renameImports } from '../link/imports.ts';
import { keepExports } from '../shake/keep-exports.ts';
import { passes, shake } from '../shake/shake.ts';
import { cryptographyModule, linkCryptography } from './cryptography.ts';
import { engineModule, hostModule } from './engine.ts';
import { hookExports, replaceHooked } from './hooks.ts';
import { engineImports } from './imports.ts';
import { glueDataAt, glueDataEnd } from './layout.ts';

/** Exports that only the snapshot uses; they are not in images. */
export const snapshotExports = [
  'application_memory',
  'allocate',
  'prepare',
  'evaluate',
  'finish',
  'failure_text',
  'engine_context',
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
  /** What of cryptography the program uses. */
  readonly cryptography: readonly CryptographyFamily[];
}

export interface LinkedEngine {
  readonly wasm: Uint8Array;
  /** Where the heap may begin: behind all static data. */
  readonly heapAt: number;
}

/** A link without cryptography has none of it, not even a module. */
async function cryptographyFor(
  families: readonly CryptographyFamily[],
): Promise<{ readonly inputs: Readonly<Record<string, Uint8Array>>; readonly dataEnd: number }> {
  if (families.length === 0) return { inputs: {}, dataEnd: glueDataEnd };
  const { wasm, dataEnd } = await linkCryptography(families, {
    dataAt: glueDataEnd,
    memory: [hostModule, 'application_memory'],
  });
  return { inputs: { 'cryptography.wasm': wasm }, dataEnd };
}

/** Its functions are called by the glue of cryptography first, which knows one more than the glue behind it. */
const callingCryptography = (engine: Uint8Array): Uint8Array =>
  renameImports(engine, (module, name) => [name === 'call_function' ? cryptographyModule : module, name]);

export async function linkEngine({ hasClient, cryptography }: LinkedEngineOptions): Promise<LinkedEngine> {
  const families = [...new Set(cryptography)].sort();
  const { inputs, dataEnd } = await cryptographyFor(families);
  const isUsed = families.length > 0;
  const kept = isUsed ? [...roots, 'define_cryptography'] : roots;
  const [os, join, memory, table, hot, glue, engine] = await Promise.all([
    libraryOs(anyMaximumBytes),
    bridge(),
    engineMemory(),
    engineTable(),
    engineHot(),
    engineGlue(glueDataAt, hasClient),
    engineModule(),
  ]);
  const key = JSON.stringify([await toolVersions(), kept, passes, joinPasses]);
  const parts = [key, os, join, memory, table, hot, glue, engine, ...Object.values(inputs)];
  const wasm = await cached('engine', parts, async () => {
    const around = await shake(
      await runTool('wasm-merge', { 'os.wasm': os, 'bridge.wasm': join, 'memory.wasm': memory, 'glue.wasm': glue }, [
        ...['os.wasm', 'diatom:os', 'bridge.wasm', 'diatom:bridge', 'memory.wasm', 'env'],
        ...['glue.wasm', 'diatom:application', '--rename-export-conflicts', '-g'],
      ]),
      [...roots, ...engineNeeds],
    );
    const merged = await runTool(
      'wasm-merge',
      {
        'around.wasm': around,
        'engine.wasm': isUsed ? callingCryptography(engine) : engine,
        'table.wasm': table,
        'hot.wasm': hot,
        ...inputs,
      },
      [
        ...['around.wasm', hostModule, 'engine.wasm', 'quickjs', 'table.wasm', 'diatom:table'],
        ...['hot.wasm', 'diatom:hot'],
        ...Object.keys(inputs).flatMap((name) => [name, cryptographyModule]),
        ...['--rename-export-conflicts', '-g'],
      ],
    );
    const hooked = replaceHooked(keepExports(merged, [...kept, ...hookExports]));
    return runTool('wasm-opt', { 'in.wasm': keepExports(hooked, kept) }, ['in.wasm', ...joinPasses, '-g']);
  });
  return { wasm, heapAt: dataEnd };
}
