/** The guest modules every image is linked from: library OS, bridge, bindings. Compiled once per content. */
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { machinePageBytes, type NativeTarget } from '@diatom/libos';
import { runTool } from '../binaryen/run-tool.ts';
import { compileAssemblyScript, type Library } from './assemblyscript.ts';
import { cached } from './cache.ts';

const resolve = createRequire(import.meta.url).resolve;
const guest = join(dirname(resolve('@diatom/libos/abi')), 'guest');
const bindings = join(import.meta.dirname, '..', 'bindings', 'guest');

/** What applications import as `diatom/...`. */
export const applicationLibrary: Library = { name: 'diatom', directory: join(guest, 'app') };

export const wasmPageBytes = 65536;

/** Versions of the tools: part of every cache key and of the manifest's generator. */
export async function toolVersions(names: readonly string[] = ['assemblyscript', 'binaryen']): Promise<string> {
  const versionOf = async (name: string): Promise<string> => {
    const { version } = JSON.parse(await readFile(resolve(`${name}/package.json`), 'utf8')) as { version: string };
    return `${name}@${version}`;
  };
  return (await Promise.all(names.map(versionOf))).join(' ');
}

/** Static data, the shared buffers of guest/os/scratch.ts and a first piece of heap; untouched pages cost nothing. */
const libraryOsInitialPages = 4;

/** Leaves runs of zeros out of data segments; it only works on modules with one memory, so before the merge. */
export const packing: readonly string[] = ['--runPasses', 'memory-packing'];

/** The library OS; its static data lies above the machine page. */
export function libraryOs(maximumBytes: number): Promise<Uint8Array> {
  return compileFolder(join(guest, 'os'), 'libos/index.ts', [
    '--runtime',
    'stub',
    '--memoryBase',
    String(machinePageBytes),
    '--initialMemory',
    String(libraryOsInitialPages),
    '--maximumMemory',
    String(Math.floor(maximumBytes / wasmPageBytes)),
    ...packing,
  ]);
}

/**
 * The application side of a JavaScript image: what the engine asks for, what feeds it, and for programs that send requests
 * themselves the client's functions. Its static data lies at `dataAt`.
 */
export function engineGlue(dataAt: number, hasClient: boolean): Promise<Uint8Array> {
  return compileFolder(guest, hasClient ? 'libos/js/with-client.ts' : 'libos/js/index.ts', [
    '--runtime',
    'stub',
    '--importMemory',
    '--memoryBase',
    String(dataAt),
    '--exportStart',
    'start_glue',
    '--exportTable',
    '--use',
    'abort=',
  ]);
}

/** A module of the glue of cryptography: its index, or one of the families of operations. None has static data. */
export function cryptographyGlue(name: string): Promise<Uint8Array> {
  return compileFolder(guest, `libos/cryptography/${name}.ts`, ['--runtime', 'stub', '--importMemory']);
}

/** Puts the glue's function into the engine's table. */
export function engineTable(): Promise<Uint8Array> {
  return assemble('engine-table.wat');
}

/** What replaces the engine's most used functions. */
export function engineHot(): Promise<Uint8Array> {
  return assemble('engine-hot.wat');
}

/** The memory that the engine and its glue share. */
export function engineMemory(): Promise<Uint8Array> {
  return assemble('engine-memory.wat');
}

/**
 * Where the static data of bindings may lie: they use the memory of the library OS, of which the machine page is theirs
 * (libos/abi.ts). What stands below is their scratch space.
 */
const bindingsDataAt = 2048;

/** What programs want of a target's bindings: those that make connections have more of them, the others must not pay for it. */
export type BindingsVariant = 'plain' | 'connecting';

const entries: Readonly<Record<NativeTarget, Readonly<Record<BindingsVariant, string>>>> = {
  process: { plain: 'process/index.ts', connecting: 'process/connecting.ts' },
  hvt: { plain: 'hvt/index.ts', connecting: 'hvt/connecting.ts' },
  // No TCP of the host's there.
  virtio: { plain: 'virtio/index.ts', connecting: 'virtio/index.ts' },
};

/** The machine ABI in terms of one target, a folder of seal/bindings/guest, as the compiler leaves it. */
export function compileBindings(target: NativeTarget, variant: BindingsVariant): Promise<Uint8Array> {
  const entry = `bindings/${entries[target][variant]}`;
  const data = String(bindingsDataAt);
  return compileFolder(bindings, entry, ['--runtime', 'stub', '--importMemory', '--memoryBase', data]);
}

export function bridge(): Promise<Uint8Array> {
  return assemble('bridge.wat');
}

async function assemble(file: string): Promise<Uint8Array> {
  const text = await readFile(join(guest, 'bridge', file), 'utf8');
  return cached('wat', [await toolVersions(), text], () => runTool('wasm-as', { 'in.wat': text }, ['in.wat', '-g']));
}

/** `entry` is `<prefix>/<file>`: the prefix stands for the folder in function names. */
async function compileFolder(
  directory: string,
  entry: string,
  compilerArguments: readonly string[],
): Promise<Uint8Array> {
  const prefix = entry.slice(0, entry.indexOf('/'));
  const files = (await readdir(directory, { recursive: true })).filter((file) => file.endsWith('.ts')).sort();
  const sources = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')));
  const key = [
    await toolVersions(),
    entry,
    ...compilerArguments,
    ...files.flatMap((file, i) => [file, sources[i] ?? '']),
  ];
  return cached('guest', key, () =>
    compileAssemblyScript({
      entry,
      directory,
      prefix,
      arguments: compilerArguments,
    }),
  );
}
