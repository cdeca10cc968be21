/** AssemblyScript: compiled to a module of its own, of which only what it reaches is linked. */
import { compileApplication, linkPortable } from '../link/link.ts';
import type { MemoryDefaults, Project } from '../project.ts';
import { packagesOf } from '../sbom/packages.ts';
import type { JoinedProgram } from './program.ts';

export const assemblyScriptDefaults: MemoryDefaults = { maximumBytes: 16 * 1024 * 1024, stackBytes: 256 * 1024 };

export async function joinAssemblyScript(file: string, { maximumBytes }: Project): Promise<JoinedProgram> {
  const started = performance.now();
  const sources: string[] = [];
  const application = await compileApplication({ file, maximumBytes, onSource: (path) => sources.push(path) });
  const packages = await packagesOf(sources);
  const compiled = performance.now();
  const wasm = await linkPortable(application, maximumBytes);
  return { wasm, packages, compileMs: compiled - started, linkMs: performance.now() - compiled };
}
