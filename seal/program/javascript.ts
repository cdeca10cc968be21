/** TypeScript and JavaScript: joined to one module that the engine has run the top level of (docs/javascript.md). */
import { type CryptographyFamily, cryptographyFamilies } from '@diatom/libos/js/crypto/native/families.ts';
import { type Bundle, bundle } from '../bundle/bundle.ts';
import { BuildError, type Diagnostic } from '../diagnostic.ts';
import { linkEngine } from '../engine/link.ts';
import { cryptographyPackage, enginePackage } from '../engine/packages.ts';
import { sealEngine } from '../engine/sealed.ts';
import { toolVersions, wasmPageBytes } from '../link/guest.ts';
import type { MemoryDefaults, Project } from '../project.ts';
import { packagesOf } from '../sbom/packages.ts';
import { takeSnapshot } from '../snapshot/snapshot.ts';
import { type MemoryLimits, type Snapshot, writeSnapshot } from '../snapshot/write.ts';
import type { JoinedProgram } from './program.ts';

/** An interpreter's frames are larger, and its objects too. */
export const javaScriptDefaults: MemoryDefaults = { maximumBytes: 64 * 1024 * 1024, stackBytes: 2 * 1024 * 1024 };

/** Where a program listens that does not say so in diatom.json. */
const defaultPort = 8080;

export async function joinJavaScript(file: string, project: Project): Promise<JoinedProgram> {
  const started = performance.now();
  const program = await bundle(file, project);
  const packages = await packagesOf(program.sources);
  const compiled = performance.now();
  const cryptography = familiesIn(program);
  const engine = await linkEngine({ hasClient: program.globals.includes('fetch'), cryptography });
  const port = project.ports?.[0]?.port ?? defaultPort;
  const { turnMs: limitMs, bodyBytes, streamBytes } = project;
  const snapshot = await takeSnapshot(engine, program, { port, limitMs, bodyBytes, streamBytes });
  const limits = limitsOf(project.maximumBytes);
  if (snapshot.initialPages > limits.applicationPages) throw new BuildError([tooLarge(snapshot, limits)]);
  const wasm = writeSnapshot(await sealEngine(engine.wasm, project), snapshot, limits);
  return {
    wasm,
    packages,
    modules: program.modules,
    said: snapshot.said,
    tools: await toolVersions(['rolldown', enginePackage, ...(cryptography.length > 0 ? [cryptographyPackage] : [])]),
    sourceMap: Buffer.from(JSON.stringify(program.shownMap)),
    compileMs: compiled - started,
    linkMs: performance.now() - compiled,
  };
}

/** Each family has a module that asks for its operations; a program that reaches one of these has it. */
const familiesIn = ({ modules }: Bundle): readonly CryptographyFamily[] =>
  cryptographyFamilies.filter((family) => modules.some(({ name }) => name === `diatom:crypto/native/${family}.ts`));

function tooLarge({ initialPages }: Snapshot, { applicationPages, libraryOsPages }: MemoryLimits): Diagnostic {
  const wantedBytes =
    Math.ceil(initialPages * ((applicationPages + libraryOsPages) / applicationPages)) * wasmPageBytes;
  return {
    code: 'memory',
    file: 'diatom.json',
    message: `the program has ${initialPages * wasmPageBytes} bytes of memory before its first request; memory.maximumBytes must be ${wantedBytes} at least, better several times that`,
  };
}

/** Buffers of connections need little beside an engine's heap. */
function limitsOf(maximumBytes: number): MemoryLimits {
  const pages = Math.floor(maximumBytes / wasmPageBytes);
  const libraryOsPages = Math.floor(pages / 4);
  return { libraryOsPages, applicationPages: pages - libraryOsPages };
}
