/** What `diatom inspect` shows of an image, from its manifest alone: nothing is run and nothing guessed. */
import {
  type MachineCall,
  type Manifest,
  type ManifestFunction,
  type ManifestModule,
  machineCalls,
} from '@diatom/libos';

export interface Inspection {
  readonly name: string;
  readonly ports: Manifest['ports'];
  readonly connect: readonly string[];
  readonly memory: Manifest['memory'];
  readonly machineCalls: readonly MachineCall[];
  readonly systemCalls: readonly string[];
  readonly layers: Manifest['layers'];
  /** Native code by origin, largest first. */
  readonly origins: readonly OriginSize[];
  /** Functions that are not the application's own, largest first. */
  readonly libraryFunctions: readonly ManifestFunction[];
  readonly functions: readonly ManifestFunction[];
  readonly codeBytes: number;
  /** Of a JavaScript application, largest first. */
  readonly modules: readonly ManifestModule[];
}

export interface OriginSize {
  readonly origin: string;
  readonly functionCount: number;
  readonly bytes: number;
}

export function inspect(manifest: Manifest): Inspection {
  const sizes = new Map<string, OriginSize>();
  for (const { origin, bytes } of manifest.functions) {
    const known = sizes.get(origin) ?? { origin, functionCount: 0, bytes: 0 };
    sizes.set(origin, { origin, functionCount: known.functionCount + 1, bytes: known.bytes + bytes });
  }
  return {
    name: manifest.name,
    ports: manifest.ports,
    connect: manifest.connect,
    memory: manifest.memory,
    machineCalls: machineCalls.filter(({ name }) => manifest.machineCalls.includes(name)),
    systemCalls: manifest.systemCalls,
    layers: manifest.layers,
    origins: [...sizes.values()].sort((a, b) => b.bytes - a.bytes || (a.origin < b.origin ? -1 : 1)),
    libraryFunctions: manifest.functions.filter(
      ({ origin }) => origin.startsWith('libos') || origin.startsWith('bindings'),
    ),
    functions: manifest.functions,
    codeBytes: manifest.functions.reduce((sum, { bytes }) => sum + bytes, 0),
    modules: manifest.modules ?? [],
  };
}
