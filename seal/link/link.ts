/**
 * Application + library OS + bridge → one portable module (bind.ts makes a target's module from it). Memory 0 is the library
 * OS, memory 1 the application. Only what `_start` reaches stays.
 */
import { basename, dirname } from 'node:path';
import { runTool } from '../binaryen/run-tool.ts';
import { passes, shake } from '../shake/shake.ts';
import { compileAssemblyScript } from './assemblyscript.ts';
import { cached } from './cache.ts';
import { applicationLibrary, bridge, libraryOs, packing, toolVersions, wasmPageBytes } from './guest.ts';

export interface LinkOptions {
  /** The application's entry file. */
  readonly file: string;
  /** Upper limit of both memories together. */
  readonly maximumBytes: number;
  readonly onSource?: (path: string) => void;
}

/** Half of the memory is the library OS's (buffers of connections), half the application's. */
function halfOf(maximumBytes: number): number {
  return Math.floor(maximumBytes / 2 / wasmPageBytes) * wasmPageBytes;
}

/** asc options that tie AssemblyScript's own library to ours. */
const aliases = ['abort=~lib/diatom/abort/abort', 'console=~lib/diatom/console/console'];

export function compileApplication(options: LinkOptions): Promise<Uint8Array> {
  return compileAssemblyScript({
    entry: basename(options.file),
    directory: dirname(options.file),
    library: applicationLibrary,
    ...(options.onSource === undefined ? {} : { onSource: options.onSource }),
    arguments: [
      '--runtime',
      'incremental',
      '--exportStart',
      'start_application',
      '--exportTable',
      '--enable',
      'simd',
      '--maximumMemory',
      String(halfOf(options.maximumBytes) / wasmPageBytes),
      ...packing,
      ...aliases.flatMap((alias) => ['--use', alias]),
    ],
  });
}

const portableRoots = ['_start', 'memory'];

/** What else a linked module depends on; part of its name in the cache. */
async function recipe(): Promise<string> {
  return JSON.stringify([await toolVersions(), portableRoots, passes]);
}

/** The portable module: imports only `diatom:machine`, exports `_start` and `memory` (memory 0). */
export async function linkPortable(application: Uint8Array, maximumBytes: number): Promise<Uint8Array> {
  const [os, join] = await Promise.all([libraryOs(halfOf(maximumBytes)), bridge()]);
  return cached('portable', [await recipe(), os, join, application], async () => {
    const merged = await runTool('wasm-merge', { 'os.wasm': os, 'bridge.wasm': join, 'app.wasm': application }, [
      ...['os.wasm', 'diatom:os', 'bridge.wasm', 'diatom:bridge', 'app.wasm', 'diatom:application'],
      ...['bridge.wasm', 'env'],
      '--rename-export-conflicts',
      '-g',
    ]);
    return shake(merged, portableRoots);
  });
}
