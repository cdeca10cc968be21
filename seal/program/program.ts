/** The two shapes an application may have (design §4), and what both come to: a portable module. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { ManifestModule } from '@diatom/libos';
import { hasDefaultExport } from '../bundle/syntax.ts';
import type { MemoryDefaults, Project } from '../project.ts';
import type { Package } from '../sbom/packages.ts';
import { assemblyScriptDefaults, joinAssemblyScript } from './assemblyscript.ts';
import { javaScriptDefaults, joinJavaScript } from './javascript.ts';

export interface JoinedProgram {
  /** Imports only the machine; exports `_start` and `memory`. */
  readonly wasm: Uint8Array;
  /** npm packages it was made from. */
  readonly packages: readonly Package[];
  /** Where it is joined of such. */
  readonly modules?: readonly ManifestModule[];
  /** What its top level, which runs now, has written to the console. */
  readonly said?: readonly string[];
  /** Versions of what it is made with beyond what every build uses. */
  readonly tools?: string;
  /** Of the text its modules were joined to. */
  readonly sourceMap?: Uint8Array;
  readonly compileMs: number;
  readonly linkMs: number;
}

export interface ProgramShape {
  readonly name: 'assemblyscript' | 'javascript';
  readonly defaults: MemoryDefaults;
  /** Throws `BuildError` for everything the person who builds can do something about. */
  readonly join: (file: string, project: Project) => Promise<JoinedProgram>;
}

const assemblyScript: ProgramShape = {
  name: 'assemblyscript',
  defaults: assemblyScriptDefaults,
  join: joinAssemblyScript,
};

const javaScript: ProgramShape = { name: 'javascript', defaults: javaScriptDefaults, join: joinJavaScript };

/** Ordinary TypeScript or JavaScript has a default export; AssemblyScript has none. */
export async function shapeOf(file: string): Promise<ProgramShape> {
  if (extname(file) !== '.ts') return javaScript;
  return hasDefaultExport(await readFile(file, 'utf8')) ? javaScript : assemblyScript;
}
