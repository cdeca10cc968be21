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
  /** What an image may connect to, plainly or by TLS: HOST:PORT, or *.DOMAIN:PORT for every name below a domain. */
  readonly connect: readonly string[];
  readonly memory: ManifestMemory;
  /** Names from `machineCalls` the image links. */
  readonly machineCalls: readonly string[];
  /** System calls the process target's bindings link, none without that target; the tender intersects them with its own table. */
  readonly systemCalls: readonly string[];
  /** All functions of the process target's code, or of the first target there is, largest first. */
  readonly functions: readonly ManifestFunction[];
  /** Modules of a JavaScript application, largest first; its engine runs them, so no function above is theirs. */
  readonly modules?: readonly ManifestModule[];
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

export interface ManifestModule {
  /** Path from the application's folder, `package/path` or `diatom:path`. */
  readonly name: string;
  /** `app`, `libos/js` or `npm/<package>`. */
  readonly origin: string;
  /** Of the text that is in the image. */
  readonly bytes: number;
}

export interface ManifestFunction {
  readonly name: string;
  /** `app`, `libos/http`, `bindings/process`, ... */
  readonly origin: string;
  /** Native code size. */
  readonly bytes: number;
}

/** Targets with native code. An image has a layer with the executable of each it was built for. */
export type NativeTarget = 'process' | 'hvt' | 'virtio';

/** In the order in which they are preferred where one must stand for the image. */
export const nativeTargets: readonly NativeTarget[] = ['process', 'hvt', 'virtio'];

/**
 * `wasm` is portable; `source-map` leads from the text of a JavaScript application to its files (ECMA-426); the others belong to a
 * target: a static ELF by its name, and what maps its code addresses to function names.
 */
export type LayerRole = 'wasm' | 'source-map' | NativeTarget | SymbolsRole;
export type SymbolsRole = 'symbols' | 'hvt-symbols' | 'virtio-symbols';

/** Symbols stay outside the ELF: only trap reports and `diatom inspect` read them. */
export const symbolsRoles: Readonly<Record<NativeTarget, SymbolsRole>> = {
  process: 'symbols',
  hvt: 'hvt-symbols',
  virtio: 'virtio-symbols',
};

export interface ManifestLayer {
  readonly role: LayerRole;
  /** `sha256:<hex>` */
  readonly digest: string;
  readonly sizeBytes: number;
}

export const layerMediaTypes: Readonly<Record<LayerRole, string>> = {
  wasm: 'application/wasm',
  'source-map': 'application/source-map+json',
  process: 'application/vnd.diatom.process.v1.elf',
  symbols: 'application/vnd.diatom.symbols.v1+json',
  hvt: 'application/vnd.diatom.hvt.v1.elf',
  'hvt-symbols': 'application/vnd.diatom.symbols.v1+json',
  virtio: 'application/vnd.diatom.virtio.v1.elf',
  'virtio-symbols': 'application/vnd.diatom.symbols.v1+json',
};
