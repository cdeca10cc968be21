/** The manifest: what an image declares and the tender enforces (design §1). Stored as the OCI image config. */

export const manifestMediaType = 'application/vnd.diatom.manifest.v1+json';

export interface Manifest {
  readonly schemaVersion: 1;
  readonly machineVersion: number;
  readonly name: string;
  /** RFC 3339; a fixed value so that builds reproduce. */
  readonly created: string;
  readonly generator: string;
  readonly ports: readonly ManifestPort[];
  /** HOST:PORT an image may connect to. */
  readonly connect: readonly string[];
  readonly memory: ManifestMemory;
  /** Names from `machineCalls` the image links. */
  readonly machineCalls: readonly string[];
  /** System calls the process target's bindings link; the tender intersects them with its own table. */
  readonly systemCalls: readonly string[];
  /** Library-OS functions in the image, largest first. */
  readonly functions: readonly ManifestFunction[];
  readonly layers: readonly ManifestLayer[];
}

export interface ManifestPort {
  readonly name: string;
  readonly port: number;
}

export interface ManifestMemory {
  /** Sum of the initial and maximal sizes of all linear memories, in bytes. */
  readonly initialBytes: number;
  readonly maximumBytes: number;
  readonly stackBytes: number;
}

export interface ManifestFunction {
  readonly name: string;
  /** `app`, `libos/http`, `bindings/process`, ... */
  readonly origin: string;
  /** Native code size. */
  readonly bytes: number;
}

/** `wasm` is portable; `process` is a static ELF; `symbols` maps code addresses to function names and stays outside the ELF. */
export type LayerRole = 'wasm' | 'process' | 'symbols';

export interface ManifestLayer {
  readonly role: LayerRole;
  /** `sha256:<hex>` */
  readonly digest: string;
  readonly sizeBytes: number;
}

export const layerMediaTypes: Readonly<Record<LayerRole, string>> = {
  wasm: 'application/wasm',
  process: 'application/vnd.diatom.process.v1.elf',
  symbols: 'application/vnd.diatom.symbols.v1+json',
};
