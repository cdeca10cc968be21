/** The symbols layer of a target: address → name for trap reports, and what `diatom inspect` tells of the functions. */
import type { ManifestFunction } from '@diatom/libos';
import type { CompiledFunction } from './compile.ts';
import { originOf } from './inspect/origin.ts';
import type { Package } from './sbom/packages.ts';

export interface Symbols {
  readonly version: 1;
  readonly functions: readonly CompiledFunction[];
  /** npm packages the application imports; names of functions begin with theirs. */
  readonly packages: readonly Package[];
}

export function writeSymbols(functions: readonly CompiledFunction[], packages: readonly Package[]): Uint8Array {
  const symbols: Symbols = {
    version: 1,
    functions: functions.map(({ name, address, sizeBytes }) => ({ name, address, sizeBytes })),
    packages,
  };
  return Buffer.from(JSON.stringify(symbols));
}

/** Bytes of a layer the image store has verified. */
export function readSymbols(layer: Uint8Array): Symbols {
  return JSON.parse(Buffer.from(layer).toString('utf8')) as Symbols;
}

/** As the manifest lists them: with their origin, largest first. */
export function functionsOf({
  functions,
  packages,
}: Pick<Symbols, 'functions' | 'packages'>): readonly ManifestFunction[] {
  const packageOf = (name: string) => packages.find((each) => name.includes(`~lib/${each.name}/`));
  return functions
    .map(({ name, sizeBytes }) => {
      const found = packageOf(name);
      return { name, origin: found === undefined ? originOf(name) : `npm/${found.name}`, bytes: sizeBytes };
    })
    .sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
}
