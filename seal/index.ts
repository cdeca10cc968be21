/**
 * seal: TypeScript source or wasm in, sealed image out: link, shake, generate code, write ELF. Pure functions of their
 * input: same source and versions, same bytes. It runs what it builds only once, in V8 with every door recorded and
 * none open, to learn which ports it listens on.
 */
export {
  type BuildRequest,
  type BuildResult,
  type BuildTimings,
  build,
  buildPortable,
  type PortableBuild,
} from './build.ts';
export {
  type CompiledFunction,
  type CompiledImage,
  type CompiledMemory,
  type CompileOptions,
  compile,
  type Flavour,
} from './compile.ts';
export { BuildError, type Diagnostic, formatDiagnostic } from './diagnostic.ts';
export { type Inspection, inspect, type OriginSize } from './inspect/inspect.ts';
