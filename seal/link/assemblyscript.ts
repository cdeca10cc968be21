/** AssemblyScript source → wasm, with the compiler's diagnostics as ours. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';
import { BuildError, type Diagnostic } from '../diagnostic.ts';

export interface Compilation {
  /** Entry file, `prefix` included. Function names begin with it, so it must not depend on the machine. */
  readonly entry: string;
  readonly directory: string;
  /** First path segment that stands for `directory` in file and function names. */
  readonly prefix?: string;
  readonly library?: Library;
  /** Told the path of every file of the program that was read, the library's left out. */
  readonly onSource?: (path: string) => void;
  readonly arguments: readonly string[];
}

/** A folder whose files are imported as `<name>/<file>`. */
export interface Library {
  readonly name: string;
  readonly directory: string;
}

/** Where the compiler believes the library to be; never a path of this machine. */
const libraryRoot = '~diatom';

export async function compileAssemblyScript(compilation: Compilation): Promise<Uint8Array> {
  const { directory, library } = compilation;
  const sources = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  let output: Uint8Array | undefined;
  const prefix = compilation.prefix === undefined ? '' : `${compilation.prefix}/`;
  const own = (file: string): string => (file.startsWith(prefix) ? file.slice(prefix.length) : file);

  const read = async (file: string, base: string): Promise<string | null> => {
    const isLibrary = library !== undefined && base === libraryRoot && file.startsWith(`${library.name}/`);
    if (!isLibrary && base === libraryRoot) return null;
    const path = isLibrary ? join(library.directory, file.slice(library.name.length + 1)) : join(directory, own(file));
    try {
      const text = await readFile(path, 'utf8');
      if (!isLibrary) compilation.onSource?.(path);
      sources.set(isLibrary ? `~lib/${file}` : file, text);
      return text;
    } catch {
      // How the compiler is told to look elsewhere, or to say where the import stands that nothing answers.
      return null;
    }
  };
  const list = async (): Promise<string[]> => {
    if (library === undefined) return [];
    const files = await readdir(library.directory, { recursive: true });
    return files
      .filter((file) => file.endsWith('.ts'))
      .sort()
      .map((file) => `${library.name}/${file}`);
  };

  const result = await asc.main(
    [
      compilation.entry,
      '--baseDir',
      '.',
      '--outFile',
      'out.wasm',
      '--debug',
      ...(library === undefined ? [] : ['--lib', libraryRoot]),
      ...compilation.arguments,
    ],
    {
      readFile: read,
      listFiles: list,
      writeFile: (_name: string, contents: Uint8Array | string) => {
        if (typeof contents !== 'string') output = contents;
      },
      reportDiagnostic: (diagnostic: AscDiagnostic) => {
        if (diagnostic.category === errorCategory) diagnostics.push(toDiagnostic(diagnostic, sources));
      },
    },
  );
  if (diagnostics.length > 0) throw new BuildError(diagnostics);
  if (result.error !== null && result.error !== undefined) {
    throw new BuildError([{ code: 'compile', file: compilation.entry, message: result.error.message }]);
  }
  if (output === undefined) {
    throw new BuildError([{ code: 'compile', file: compilation.entry, message: 'the compiler wrote no module' }]);
  }
  return output;
}

/** What asc's `reportDiagnostic` is given (its own type leaves most of it out). */
interface AscDiagnostic {
  readonly message: string;
  readonly code: number;
  readonly category: number;
  readonly range: { readonly start: number; readonly source: { readonly normalizedPath: string } | null } | null;
}

const errorCategory = 3;

function toDiagnostic(diagnostic: AscDiagnostic, sources: ReadonlyMap<string, string>): Diagnostic {
  const code = `AS${diagnostic.code}`;
  const file = diagnostic.range?.source?.normalizedPath;
  if (diagnostic.range === null || file === undefined) return { code, message: diagnostic.message };
  const before = (sources.get(file) ?? '').slice(0, diagnostic.range.start).split('\n');
  return {
    code,
    message: diagnostic.message,
    file,
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
  };
}
