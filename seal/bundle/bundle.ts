/**
 * From a TypeScript entry to one module for the engine: the program with its packages, the web APIs it names, and what
 * feeds it requests. Two passes: the first joins the program, the second puts the APIs before it that the first one spells.
 */

import { createRequire } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import type { ManifestModule } from '@diatom/libos';
import { globals, links } from '@diatom/libos/js/table.ts';
import { type OutputChunk, type Plugin, type RolldownLog, rolldown } from 'rolldown';
import { BuildError, type Diagnostic } from '../diagnostic.ts';
import { hintFor } from './builtins.ts';
import { PlaceFinder, type SourceMap } from './source-map.ts';
import { type Refusal, type Survey, surveyCode } from './syntax.ts';

export interface Bundle {
  /** An ECMAScript module that registers the program with the engine's glue. */
  readonly code: string;
  readonly map: SourceMap;
  /** The same with files named as in stacks, and none of this machine's paths. */
  readonly shownMap: SourceMap & { readonly version: 3; readonly file: string };
  /** Names of web APIs that are in it. */
  readonly globals: readonly string[];
  /** Files of the program that were read. */
  readonly sources: readonly string[];
  /** Of the program and of the web APIs it is given, as far as they are in the text. */
  readonly modules: readonly ManifestModule[];
  readonly directory: string;
}

/** What an npm package offers under these names is meant for a runtime like ours. */
const conditions = ['diatom', 'workerd', 'worker', 'browser', 'import', 'module', 'default'];

const webApis = dirname(createRequire(import.meta.url).resolve('@diatom/libos/js/table.ts'));

export interface BundleOptions {
  /** Whether the program may make code at run time. */
  readonly allowsEval: boolean;
  /** For debuggers: nothing is left out or merged, variables and statements stay as they were written. */
  readonly isForDebugger?: boolean;
}

/** Throws `BuildError` for what the program cannot do in an image. */
export async function bundle(
  file: string,
  { allowsEval, isForDebugger = false }: BundleOptions = { allowsEval: false },
): Promise<Bundle> {
  const directory = dirname(file);
  const program = await joinProgram(file, directory, isForDebugger);
  const finder = new PlaceFinder(program.map);
  const survey = surveyCode(program.code);
  const diagnostics = survey.refusals
    .filter(({ kind }) => kind === 'dynamic-import' || !allowsEval)
    .flatMap((refusal) => refused(refusal, program.code, finder, directory));
  if (diagnostics.length > 0) throw new BuildError(diagnostics);
  const names = Object.keys(globals).filter((name) => survey.globals.has(name));
  const linked = new Set(Object.keys(links).flatMap((word) => (spells(survey, word) ? (links[word] ?? []) : [])));
  const whole = await generate({
    input: 'diatom:start',
    directory,
    plugins: [start(names, [...linked], program, allowsEval)],
    isProgram: false,
    isForDebugger,
  });
  const map = mapOf(whole);
  const files = map.sources.map((source) => shownName(source, directory));
  const places = { files, mappings: new PlaceFinder(map).lineMappings() };
  // The last line, so that it moves none.
  const code = `${withoutComment(whole.code)}\n__places(${JSON.stringify(places)});\n`;
  const modules = [...program.modules, ...modulesOf(whole, directory)].sort(
    (a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1),
  );
  const shownMap = { version: 3, file: 'app.js', ...map, sources: files } as const;
  return { code, map, shownMap, globals: names, sources: program.sources, modules, directory };
}

/** Bundles end with a comment that names the map's file, which there is none of. */
const withoutComment = (code: string): string => code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '');

/** How a file is called in stacks: never by a path of the machine that built it. */
function shownName(source: string, directory: string): string {
  const ofOurs = /diatom:\w+$/.exec(source)?.[0];
  if (ofOurs !== undefined) return ofOurs;
  const inPackage = /.*\/node_modules\/(.*)$/.exec(source)?.[1];
  if (source.startsWith(webApis)) return `diatom:${relative(webApis, source)}`;
  return inPackage ?? relative(directory, source);
}

/** Whether a program could ask for a part of the web APIs: by the name of a class or algorithm, or by reading the property. */
const spells = ({ globals: names, properties, strings }: Survey, word: string): boolean =>
  names.has(word) || properties.has(word) || (word !== word.toLowerCase() && strings.has(word));

interface Program {
  readonly code: string;
  readonly map: SourceMap;
  readonly sources: readonly string[];
  readonly modules: readonly ManifestModule[];
}

async function joinProgram(file: string, directory: string, isForDebugger: boolean): Promise<Program> {
  const chunk = await generate({ input: file, directory, plugins: [], isProgram: true, isForDebugger });
  const sources = chunk.moduleIds.filter((id) => !id.startsWith('\0'));
  return { code: chunk.code, map: mapOf(chunk), sources, modules: modulesOf(chunk, directory) };
}

/** By file; those that are put together by the bundler itself are not anybody's. */
function modulesOf(chunk: OutputChunk, directory: string): readonly ManifestModule[] {
  return Object.entries(chunk.modules).flatMap(([id, { renderedLength: bytes }]) => {
    if (bytes === 0 || id.startsWith('\0') || /^diatom:/.test(id)) return [];
    const name = shownName(id, directory);
    const npm = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1];
    return [{ name, origin: npm !== undefined ? `npm/${npm}` : id.startsWith(webApis) ? 'libos/js' : 'app', bytes }];
  });
}

interface Generation {
  readonly input: string;
  readonly directory: string;
  readonly plugins: readonly Plugin[];
  /** Ours is known to be fine: only the program's faults are worth telling. */
  readonly isProgram: boolean;
  readonly isForDebugger: boolean;
}

async function generate({ input, directory, plugins, isProgram, isForDebugger }: Generation): Promise<OutputChunk> {
  const diagnostics: Diagnostic[] = [];
  try {
    await using build = await rolldown({
      input,
      cwd: directory,
      platform: 'browser',
      resolve: { conditionNames: conditions, mainFields: ['browser', 'module', 'main'] },
      // The program's own, for JSX and paths.
      tsconfig: true,
      experimental: { attachDebugInfo: 'none' },
      plugins: [...plugins],
      // Leaving out what is not used also merges variables into the one place where they are.
      treeshake: !isForDebugger,
      // Packages choose their build by it; what they do not choose is left out.
      // The engine's language is ES2024 and more; `using` is what it has not.
      transform: { define: { 'process.env.NODE_ENV': '"production"' }, target: 'es2024' },
      onLog: (_level, log) => {
        if (isProgram && log.code === 'UNRESOLVED_IMPORT') diagnostics.push(unresolved(log, directory));
      },
    });
    const { output } = await build.generate({
      format: 'es',
      sourcemap: true,
      codeSplitting: false,
      comments: false,
      // Functions keep their text. Names stay: stacks and `name` tell them.
      minify: isProgram || isForDebugger ? false : { mangle: false, compress: false, codegen: true },
      sourcemapPathTransform: (source, mapPath) => resolve(dirname(mapPath), source),
    });
    if (diagnostics.length > 0) throw new BuildError(diagnostics);
    return output[0];
  } catch (error) {
    if (error instanceof BuildError) throw error;
    const logs = error instanceof Error && 'errors' in error ? (error.errors as readonly RolldownLog[]) : [];
    if (logs.length === 0) throw error;
    throw new BuildError(logs.map((log) => diagnosticOf(log, directory, 'bundle', firstLine(log.message))));
  }
}

const firstLine = (message: string): string => (message.split('\n')[0] ?? '').replace(/^\[\w+\] /, '');

function diagnosticOf(log: RolldownLog, directory: string, code: string, message: string): Diagnostic {
  const { loc } = log;
  if (loc?.file === undefined) return { code, message };
  return { code, message, file: relative(directory, loc.file), line: loc.line, column: loc.column + 1 };
}

function unresolved(log: RolldownLog, directory: string): Diagnostic {
  const specifier = /'([^']*)'/.exec(log.message)?.[1] ?? '';
  const hint = hintFor(specifier);
  if (hint !== undefined) {
    return diagnosticOf(log, directory, 'builtin', `${specifier} is part of Node and not of an image; ${hint}`);
  }
  const message = `there is no module ${specifier}; install its package (npm install) or correct the path`;
  return diagnosticOf(log, directory, 'import', message);
}

const refusalTexts: Readonly<Record<Refusal['kind'], string>> = {
  'dynamic-import':
    'import() of a name that only the running program knows; an image holds its modules from the start: name the module, or import all of them and choose',
  eval: 'eval makes code at run time, and an image never gets new code; write the code down, parse data with JSON.parse, or allow it in diatom.json: { "allow": ["eval"] }',
  'function-constructor':
    'the Function constructor makes code at run time, and an image never gets new code; write the function down',
};

/** Packages try what is possible and take another way: what they do is refused when it is done (runtime/no-eval.ts). */
function refused({ kind, at }: Refusal, code: string, finder: PlaceFinder, directory: string): readonly Diagnostic[] {
  const before = code.slice(0, at).split('\n');
  const place = finder.find(before.length, (before.at(-1) ?? '').length + 1);
  const diagnostic = { code: kind, message: refusalTexts[kind] };
  if (place === undefined) return [diagnostic];
  return inPackages.test(place.file) ? [] : [{ ...diagnostic, ...place, file: relative(directory, place.file) }];
}

const inPackages = /[/\\]node_modules[/\\]/;

function mapOf(chunk: OutputChunk): SourceMap {
  if (chunk.map === null) throw new Error('the bundler made no source map');
  const { sources, names, mappings } = chunk.map;
  return { sources, names, mappings };
}

/** The module that the engine is given: order of its imports is the order in which things happen. */
function start(names: readonly string[], linked: readonly string[], program: Program, allowsEval: boolean): Plugin {
  const path = (module: string) => JSON.stringify(resolve(webApis, module));
  const modules: Readonly<Record<string, string>> = {
    'diatom:start': [
      `import ${path('./runtime/host.ts')};`,
      ...(names.includes('fetch') ? [`import ${path('./runtime/calls.ts')};`] : []),
      ...(allowsEval ? [] : [`import ${path('./runtime/no-eval.ts')};`]),
      ...linked.map((module) => `import ${path(module)};`),
      'import "diatom:globals";',
      'import application from "diatom:program";',
      `import { serve } from ${path('./runtime/serve.ts')};`,
      'serve(application);',
    ].join('\n'),
    'diatom:globals': [
      ...names.map((name, at) => {
        const found = globals[name];
        return found === undefined ? '' : `import { ${found.export} as g${at} } from ${path(found.module)};`;
      }),
      `import { putGlobal } from ${path('./globals/provide.ts')};`,
      ...names.map((name, at) => `putGlobal(${JSON.stringify(name)}, g${at});`),
    ].join('\n'),
  };
  return {
    name: 'diatom:start',
    resolveId: (id) => (id in modules || id === 'diatom:program' ? { id, moduleSideEffects: true } : null),
    load: (id) => {
      const { sources, names, mappings } = program.map;
      if (id === 'diatom:program')
        return {
          code: program.code,
          map: { version: 3, mappings, names: [...names], sources: [...sources] },
        };
      return modules[id] ?? null;
    },
  };
}
