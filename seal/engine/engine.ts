/** quickjs-ng, as its npm package has it, with imports and exports under their full names. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Reader } from '../decode/reader.ts';
import {
  readSections,
  type Section,
  sectionIds,
  unsigned,
  writeName,
  writeSections,
  writeVector,
} from '../link/sections.ts';
import { engineExports, engineImports, memoryImport } from './imports.ts';

const packageName = '@jitl/quickjs-ng-wasmfile-release-sync';
const resolve = createRequire(import.meta.url).resolve;

/** The module of the link (link.ts) that the engine's imports come from. */
export const hostModule = 'diatom:application';

export async function engineModule(): Promise<Uint8Array> {
  const wasm = await readFile(resolve(`${packageName}/wasm`));
  const exports = engineExports(await readFile(resolve(`${packageName}/emscripten-module`), 'utf8'));
  let functions: ReadonlyMap<number, string> = new Map();
  let importedFunctions = 0;
  // Its start function clears the memory it was given; ours is clear, and at run time it is a program's.
  const original = readSections(wasm).filter(({ id }) => id !== sectionIds.start);
  const sections = original.map((section): Section => {
    if (section.id === sectionIds.import) {
      const renamed = renameImports(section.content);
      importedFunctions = renamed.functionCount;
      return { id: section.id, content: renamed.content };
    }
    if (section.id === sectionIds.export) {
      const renamed = renameExports(section.content, exports);
      functions = renamed.functions;
      return { id: section.id, content: renamed.content };
    }
    if (section.id === sectionIds.table) return { id: section.id, content: largerTable(section.content) };
    return section;
  });
  return writeSections([...sections, nameSection(wasm, importedFunctions, functions)]);
}

function renameImports(content: Uint8Array): { readonly content: Uint8Array; readonly functionCount: number } {
  const reader = new Reader(content);
  const items: Uint8Array[] = [];
  let functionCount = 0;
  reader.vector(() => {
    reader.name();
    const short = reader.name();
    const from = reader.offset;
    const kind = reader.byte();
    if (kind === 0) {
      reader.u32();
      functionCount++;
      const name = engineImports[short];
      if (name === undefined) throw new Error(`the engine imports ${short}, which engine/imports.ts does not know`);
      items.push(Buffer.concat([writeName(hostModule), writeName(name), content.subarray(from, reader.offset)]));
      return;
    }
    if (kind !== 2 || short !== memoryImport) throw new Error(`the engine's import ${short} is not what it was`);
    const hasMaximum = reader.byte() === 1;
    const minimum = reader.u32();
    if (hasMaximum) reader.u32();
    const limits = Buffer.concat([Uint8Array.of(2, 0), unsigned(minimum)]);
    items.push(Buffer.concat([writeName(hostModule), writeName('application_memory'), limits]));
  });
  return { content: writeVector(items), functionCount };
}

function renameExports(
  content: Uint8Array,
  names: ReadonlyMap<string, string>,
): { readonly content: Uint8Array; readonly functions: ReadonlyMap<number, string> } {
  const reader = new Reader(content);
  const functions = new Map<number, string>();
  const items: Uint8Array[] = [];
  reader.vector(() => {
    const short = reader.name();
    const from = reader.offset;
    reader.byte();
    const index = reader.u32();
    const name = names.get(short);
    // Without a name nobody can ask for it.
    if (name === undefined) return;
    functions.set(index, name);
    items.push(Buffer.concat([writeName(name), content.subarray(from, reader.offset)]));
  });
  items.push(Buffer.concat([writeName('table'), Uint8Array.of(tableKind, 0)]));
  return { content: writeVector(items), functions };
}

const tableKind = 1;

/** Room for one function of the glue's behind the engine's own (libos/guest/bridge/engine-table.wat). */
function largerTable(content: Uint8Array): Uint8Array {
  const reader = new Reader(content);
  const count = reader.u32();
  const elementType = reader.byte();
  const hasMaximum = reader.byte() === 1;
  const size = reader.u32();
  if (count !== 1 || hasMaximum) throw new Error("the engine's table is not what it was");
  return writeVector([Buffer.concat([Uint8Array.of(elementType, 1), unsigned(size + 1), unsigned(size + 1)])]);
}

const functionSection = 3;

/** Names of functions, for trap reports and `diatom inspect`: the package has none but those of its exports. */
function nameSection(wasm: Uint8Array, imported: number, exported: ReadonlyMap<number, string>): Section {
  const declared = readSections(wasm).find(({ id }) => id === functionSection);
  const count = declared === undefined ? 0 : new Reader(declared.content).u32();
  const names = Array.from({ length: count }, (_, at) => {
    const index = imported + at;
    return Buffer.concat([unsigned(index), writeName(`quickjs/${exported.get(index) ?? index}`)]);
  });
  const functions = writeVector(names);
  return {
    id: sectionIds.custom,
    content: Buffer.concat([writeName('name'), Uint8Array.of(1), unsigned(functions.length), functions]),
  };
}
