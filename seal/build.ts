/** From an application file to everything an image store needs: linked, shaken, observed once, compiled. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type LayerRole, type Manifest, type ManifestPort, machineModule, machineVersion } from '@diatom/libos';
import { type CompiledImage, compile } from './compile.ts';
import { BuildError } from './diagnostic.ts';
import { originOf } from './inspect/origin.ts';
import { toolVersions } from './link/guest.ts';
import { compileApplication, linkPortable, linkProcess } from './link/link.ts';
import { readModule } from './link/module.ts';
import { type Project, readProject } from './project.ts';
import { type Recording, record } from './record/record.ts';
import { type Package, packagesOf } from './sbom/packages.ts';

export interface BuildRequest {
  /** The application's entry file. A `diatom.json` beside it overrides name, ports, memory and connect. */
  readonly file: string;
  /** Overrides the name from `diatom.json`; otherwise the file's base name. */
  readonly name?: string;
}

export interface BuildResult {
  /** Everything but the layers' digests, which the image store adds. */
  readonly manifest: Omit<Manifest, 'layers'>;
  readonly layers: Readonly<Record<LayerRole, Uint8Array>>;
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
  const project = await readProject(file);

  const sources: string[] = [];
  const application = await compileApplication({
    file,
    maximumBytes: project.maximumBytes,
    onSource: (path) => sources.push(path),
  });
  const packages = await packagesOf(sources);
  const compiled = performance.now();
  const wasm = await linkPortable(application, project.maximumBytes);
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
      generator: `diatom ${diatomVersion} ${await toolVersions()}`,
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
    },
    wasm,
    packages,
    timings: {
      compileMs: compiled - started,
      linkMs: linked - compiled,
      recordMs: recorded - linked,
      totalMs: recorded - started,
    },
  };
}

export async function build(request: BuildRequest): Promise<BuildResult> {
  const { manifest, wasm, packages, timings } = await buildPortable(request);
  const started = performance.now();
  const linked = await linkProcess(wasm);
  refuseMissingCalls(linked);
  const bound = performance.now();
  const image = compile(linked, { flavour: 'process' });
  const compiled = performance.now();
  return {
    manifest: { ...manifest, systemCalls: image.systemCalls, functions: functionsOf(image, packages) },
    layers: { wasm, process: image.elf, symbols: symbolsOf(image, packages) },
    timings: {
      ...timings,
      linkMs: timings.linkMs + bound - started,
      codegenMs: compiled - bound,
      totalMs: timings.totalMs + compiled - started,
    },
  };
}

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

/** Whatever the bindings do not provide is still imported from the machine. */
function refuseMissingCalls(linked: Uint8Array): void {
  const missing = readModule(linked).imports.filter(({ module }) => module === machineModule);
  if (missing.length === 0) return;
  throw new BuildError(
    missing.map(({ name }) => ({
      code: 'target',
      message: `${name} is not available on the process target yet; the program reaches it through the library OS (diatom/net connect)`,
    })),
  );
}

function functionsOf(image: CompiledImage, packages: readonly Package[]): Manifest['functions'] {
  const packageOf = (name: string) => packages.find((each) => name.includes(`~lib/${each.name}/`));
  return image.functions
    .map(({ name, sizeBytes }) => {
      const found = packageOf(name);
      return { name, origin: found === undefined ? originOf(name) : `npm/${found.name}`, bytes: sizeBytes };
    })
    .sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
}

/** Address → name, for trap reports, and the packages those names come from. */
function symbolsOf(image: CompiledImage, packages: readonly Package[]): Uint8Array {
  const functions = image.functions.map(({ name, address, sizeBytes }) => ({ name, address, sizeBytes }));
  return Buffer.from(JSON.stringify({ version: 1, functions, packages }));
}
