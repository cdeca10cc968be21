/** From an application file to everything an image store needs: linked, shaken, observed once, compiled. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  type LayerRole,
  type Manifest,
  type ManifestPort,
  machineModule,
  machineVersion,
  type NativeTarget,
  symbolsRoles,
} from '@diatom/libos';
import { BuildError } from './diagnostic.ts';
import { toolVersions } from './link/guest.ts';
import { readModule } from './link/module.ts';
import { shapeOf } from './program/program.ts';
import { type Project, readProject } from './project.ts';
import { type Recording, record } from './record/record.ts';
import type { Package } from './sbom/packages.ts';
import { functionsOf, writeSymbols } from './symbols.ts';
import { type LeftOutTarget, type SealedTarget, sealTargets } from './targets.ts';

export interface BuildRequest {
  /** The application's entry file. A `diatom.json` beside it overrides name, ports, memory and connect. */
  readonly file: string;
  /** Overrides the name from `diatom.json`; otherwise the file's base name. */
  readonly name?: string;
  /** Made exactly, or the build fails. Otherwise the default ones as far as they provide what the program calls. */
  readonly targets?: readonly NativeTarget[];
}

export type Layers = Readonly<Partial<Record<LayerRole, Uint8Array>> & { readonly wasm: Uint8Array }>;

export interface BuildResult {
  /** Everything but the layers' digests, which the image store adds. */
  readonly manifest: Omit<Manifest, 'layers'>;
  /** The portable module, and executable and symbols of each target that was made. */
  readonly layers: Layers;
  /** Default targets that this program cannot be built for. */
  readonly leftOut: readonly LeftOutTarget[];
  /** What the program's top level has written to the console, by line: it runs now and not when the image does. */
  readonly said: readonly string[];
  readonly timings: BuildTimings;
}

export interface BuildTimings {
  readonly compileMs: number;
  readonly linkMs: number;
  readonly recordMs: number;
  readonly codegenMs: number;
  readonly totalMs: number;
}

/** A build up to the portable module: all that the `node` target needs. */
export interface PortableBuild {
  readonly manifest: Omit<Manifest, 'layers'>;
  readonly wasm: Uint8Array;
  /** npm packages the application imports. */
  readonly packages: readonly Package[];
  /** Of a JavaScript application. */
  readonly sourceMap?: Uint8Array;
  readonly said: readonly string[];
  readonly timings: Omit<BuildTimings, 'codegenMs'>;
}

/** Builds carry no time of their own, so that they reproduce. */
const created = '1970-01-01T00:00:00Z';
const diatomVersion = '0.1.0';

/** Throws `BuildError` for everything the person who builds can do something about. */
export async function buildPortable(request: BuildRequest): Promise<PortableBuild> {
  const started = performance.now();
  const file = resolve(request.file);
  const isFile = await stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) throw new BuildError([{ code: 'file', message: `there is no file ${request.file}` }]);
  const program = await shapeOf(file);
  const project = await readProject(file, program.defaults);
  const joined = await program.join(file, project);
  const { wasm, packages, modules, tools, sourceMap, said = [], compileMs, linkMs } = joined;
  const linked = performance.now();
  const shape = readModule(wasm);
  const unknown = shape.imports.find(({ module }) => module !== machineModule);
  if (unknown !== undefined) {
    const message = `the program imports ${unknown.module}.${unknown.name}, which no part of the library OS provides; use the modules "diatom/..."`;
    throw new BuildError([{ code: 'import', message }]);
  }
  const recording = await record(wasm);
  const recorded = performance.now();

  const total = (key: 'initialBytes' | 'maximumBytes') => shape.memories.reduce((sum, memory) => sum + memory[key], 0);
  return {
    manifest: {
      schemaVersion: 1,
      machineVersion,
      name: request.name ?? project.name,
      created,
      generator: ['diatom', diatomVersion, await toolVersions(), ...(tools === undefined ? [] : [tools])].join(' '),
      ports: portsOf(project, recording),
      connect: project.connect,
      memory: {
        initialBytes: total('initialBytes'),
        maximumBytes: total('maximumBytes'),
        stackBytes: project.stackBytes,
      },
      machineCalls: shape.imports.map(({ name }) => name).sort(),
      systemCalls: [],
      functions: [],
      ...(modules === undefined ? {} : { modules }),
    },
    wasm,
    packages,
    ...(sourceMap === undefined ? {} : { sourceMap }),
    said,
    timings: {
      compileMs,
      linkMs,
      recordMs: recorded - linked,
      totalMs: recorded - started,
    },
  };
}

/** Throws `BuildError` as `buildPortable` does, and when a target that must be made cannot be. */
export async function build(request: BuildRequest): Promise<BuildResult> {
  const { manifest, wasm, packages, sourceMap, said, timings } = await buildPortable(request);
  const started = performance.now();
  const { sealed, leftOut } = await sealTargets(wasm, {
    targets: request.targets,
    stackBytes: manifest.memory.stackBytes,
  });
  const sealMs = performance.now() - started;
  const codegenMs = sealed.reduce((sum, target) => sum + target.codegenMs, 0);
  const [first] = sealed;
  if (first === undefined) throw new Error('the build made no target');
  return {
    manifest: {
      ...manifest,
      // A target in a virtual machine makes no system calls; the first one speaks for the image.
      systemCalls: first.image.systemCalls,
      functions: functionsOf({ functions: first.image.functions, packages }),
    },
    layers: {
      wasm,
      ...(sourceMap === undefined ? {} : { 'source-map': sourceMap }),
      ...Object.fromEntries(sealed.flatMap((each) => nativeLayers(each, packages))),
    },
    leftOut,
    said,
    timings: {
      ...timings,
      linkMs: timings.linkMs + sealMs - codegenMs,
      codegenMs,
      totalMs: timings.totalMs + sealMs,
    },
  };
}

const nativeLayers = ({ target, image }: SealedTarget, packages: readonly Package[]) => [
  [target, image.elf],
  [symbolsRoles[target], writeSymbols(image.functions, packages)],
];

/** A program that ends at once has its say in the manifest as well; one that traps has none. */
function portsOf(project: Project, recording: Recording): readonly ManifestPort[] {
  if (recording.end.kind === 'trapped') {
    const said = recording.console.trim();
    const message = `the program fails before it waits for anything: ${said === '' ? recording.end.message : said}`;
    throw new BuildError([{ code: 'record', message }]);
  }
  if (project.ports !== undefined) return project.ports;
  return recording.ports.map((port) => ({ name: `port-${port}`, port }));
}
