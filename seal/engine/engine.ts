/** quickjs-ng, as its npm package has it, with imports and exports under their full names. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Reader } from '../decode/reader.ts';
import {
  readSections,
  type Section,
  sectionIds,
  signed,
  unsigned,
  writeName,
  writeSections,
  writeVector,
} from '../link/sections.ts';
import { checkHooked, exposeHooked, hooks } from './hooks.ts';
import { engineExports, engineImports, memoryImport } from './imports.ts';
import { textCellsAt } from './layout.ts';
import { enginePackage } from './packages.ts';

const resolve = createRequire(import.meta.url).resolve;

/** The module of the link (link.ts) that the engine's imports come from. */
export const hostModule = 'diatom:application';

export async function engineModule(): Promise<Uint8Array> {
  const wasm = await readFile(resolve(`${enginePackage}/wasm`));
  const exports = engineExports(await readFile(resolve(`${enginePackage}/emscripten-module`), 'utf8'));
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
    if (section.id === sectionIds.code) {
      const bodies = readBodies(section.content);
      checkHooked(bodies, importedFunctions);
      return { id: section.id, content: writeBodies(withoutDumps(sharingText(bodies))) };
    }
    if (section.id === sectionIds.table) return { id: section.id, content: largerTable(section.content) };
    return section;
  });
  const names = new Map([...functions, ...hooks.map(({ index, name }) => [index, name] as const)]);
  return writeSections([...exposeHooked(sections, importedFunctions), nameSection(wasm, importedFunctions, names)]);
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

const functionsAdded = 3;

/** Room for functions behind the engine's own (libos/guest/bridge/engine-table.wat). */
function largerTable(content: Uint8Array): Uint8Array {
  const reader = new Reader(content);
  const count = reader.u32();
  const elementType = reader.byte();
  const hasMaximum = reader.byte() === 1;
  const size = reader.u32();
  if (count !== 1 || hasMaximum) throw new Error("the engine's table is not what it was");
  return writeVector([
    Buffer.concat([Uint8Array.of(elementType, 1), unsigned(size + functionsAdded), unsigned(size + functionsAdded)]),
  ]);
}

/**
 * quickjs.c, js_strndup(ctx, text, length): allocates, copies, ends with NUL. The parser calls it for the text of each function;
 * with one inside another that comes to several times the program.
 */
const copyText = {
  // local.get 0, local.get 2, i32.const 1, i32.add, call
  start: Buffer.from('002000200241016a10', 'hex'),
  // local.tee 0, if, local.get 2, if, memory.copy (0, 1, 2), end, i32.store8 (0 + 2, 0), end, local.get 0
  end: Buffer.from('2200044020020440200020012002fc0a00000b200020026a41003a00000b20000b', 'hex'),
  /** Bytes of the number of the function called in between. */
  mostBetween: 3,
};

function isCopyText(body: Uint8Array): boolean {
  const { start: first, end: last, mostBetween } = copyText;
  const between = body.length - first.length - last.length;
  if (between < 1 || between > mostBetween) return false;
  return first.equals(body.subarray(0, first.length)) && last.equals(body.subarray(-last.length));
}

/** What is part of the program's text already is not copied: `if (text - start < length) return text` goes before. */
function sharingText(bodies: readonly Uint8Array[]): readonly Uint8Array[] {
  const load = (address: number) => [0x41, ...signed(address), 0x28, 0x02, 0x00];
  const isText = [0x20, 0x01, ...load(textCellsAt), 0x6b, ...load(textCellsAt + 4), 0x49];
  const before = Uint8Array.from([0x00, ...isText, 0x04, 0x40, 0x20, 0x01, 0x0f, 0x0b]);
  const found = bodies.filter(isCopyText).length;
  if (found !== 1) throw new Error(`the engine has ${found} functions that look like js_strndup`);
  return bodies.map((body) => (isCopyText(body) ? Buffer.concat([before, body.subarray(1)]) : body));
}

/**
 * The package is built with dumps of what the engine does (quickjs.h, JS_DUMP_*), which a field of the runtime turns on. Nobody
 * can here, and looking is part of freeing a value and of every instruction of a program. So its loads become zeros: bytes 241 to
 * 243 of JSRuntime, which nothing else has at these offsets. Where the runtime is loaded from the context for that alone, that
 * goes too.
 */
const dumpFlags = {
  /** i32.load8_u offset=241, 242, 243 and i32.load16_u offset=241, aligned to a byte. */
  loads: ['2d00f101', '2d00f201', '2d00f301', '2f00f101'].map((digits) => Buffer.from(digits, 'hex')),
  /** i32.load offset=16: the runtime of a context. */
  runtime: Buffer.from('280210', 'hex'),
  count: 48,
};

/** drop, i32.const 0, and nothing else up to this length. */
const zero = (length: number): Buffer =>
  Buffer.concat([Uint8Array.of(0x1a, 0x41, 0x00), Buffer.alloc(length - 3, 0x01)]);

function withoutDumps(bodies: readonly Uint8Array[]): readonly Uint8Array[] {
  const { loads, runtime, count } = dumpFlags;
  let found = 0;
  const written = bodies.map((body) => {
    const copy = Buffer.from(body);
    for (const load of loads) {
      for (let at = copy.indexOf(load); at >= 0; at = copy.indexOf(load, at + load.length)) {
        const end = at + load.length;
        const start = copy.subarray(at - runtime.length, at).equals(runtime) ? at - runtime.length : at;
        copy.set(zero(end - start), start);
        found++;
      }
    }
    return copy;
  });
  if (found !== count) throw new Error(`the engine looks at its dump flags ${found} times, not ${count}`);
  return written;
}

function readBodies(content: Uint8Array): readonly Uint8Array[] {
  const reader = new Reader(content);
  return reader.vector(() => reader.slice(reader.u32()));
}

const writeBodies = (bodies: readonly Uint8Array[]): Uint8Array =>
  writeVector(bodies.map((body) => Buffer.concat([unsigned(body.length), body])));

const functionSection = 3;

/** Names of functions, for trap reports and `diatom inspect`: the package has none but those of its exports. */
function nameSection(wasm: Uint8Array, imported: number, exported: ReadonlyMap<number, string>): Section {
  const declared = readSections(wasm).find(({ id }) => id === functionSection);
  const count = declared === undefined ? 0 : new Reader(declared.content).u32();
  // Behind them stand the former bodies of what is replaced.
  const names = Array.from({ length: count + hooks.length }, (_, at) => {
    const index = imported + at;
    const former = hooks[at - count];
    const name = former === undefined ? (exported.get(index) ?? index) : `former/${former.name}`;
    return Buffer.concat([unsigned(index), writeName(`quickjs/${name}`)]);
  });
  const functions = writeVector(names);
  return {
    id: sectionIds.custom,
    content: Buffer.concat([writeName('name'), Uint8Array.of(1), unsigned(functions.length), functions]),
  };
}
