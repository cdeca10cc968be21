/**
 * seal: TypeScript source or wasm in, sealed image out: link, shake, generate code, write ELF. Pure functions of their
 * input: same source and versions, same bytes. It runs what it builds only once, in V8 with every door recorded and
 * none open, to learn which ports it listens on.
 */
export type { BuildRequest, BuildResult, BuildTimings } from './build.ts';
export { BuildError, type Diagnostic, formatDiagnostic } from './diagnostic.ts';
