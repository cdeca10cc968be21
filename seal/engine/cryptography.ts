/**
 * Cryptography that is machine code: HACL*, verified and in constant time, as its npm package has it in WebAssembly. Joined to one
 * module are the glue of libos/guest/cryptography, those of its families that a program uses, and what these need of HACL*.
 *
 * HACL*'s modules expect what KaRaMeL's loader gives them: a memory whose word 0 holds the top of a stack that grows upwards (the
 * glue sets it for each call), and for each module the place of its static data, here behind that of the glue.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type CryptographyFamily, cryptographyFamilies } from '@diatom/libos/js/crypto/native/families.ts';
import { runTool } from '../binaryen/run-tool.ts';
import { decode } from '../decode/decode.ts';
import { Reader } from '../decode/reader.ts';
import { cached } from '../link/cache.ts';
import { cryptographyGlue, toolVersions } from '../link/guest.ts';
import { renameImports } from '../link/imports.ts';
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
import { keepExports } from '../shake/keep-exports.ts';
import { cryptographyPackage } from './packages.ts';

/** The name of what is linked here: it stands between the engine and its glue. */
export const cryptographyModule = 'diatom:cryptography';

/** Modules of HACL* whose functions a family calls; what they import comes along. */
const needs: Readonly<Record<CryptographyFamily, readonly string[]>> = {
  hashes: ['Hacl_Hash_SHA1', 'Hacl_Hash_SHA2', 'Hacl_HMAC'],
  p256: ['Hacl_P256'],
  ed25519: ['Hacl_Ed25519'],
  x25519: ['Hacl_Curve25519_51'],
  powers: ['Hacl_Bignum32'],
};

export interface Cryptography {
  /** Imports the engine's functions, its glue's `call_function` and their memory; exports `call_function` in its place. */
  readonly wasm: Uint8Array;
  /** Where its static data ends. */
  readonly dataEnd: number;
}

export interface Place {
  /** Where static data may begin. */
  readonly dataAt: number;
  /** The memory, as it is imported. */
  readonly memory: readonly [module: string, name: string];
}

const exported = ['call_function', 'define_cryptography'];
const passes = ['-O3', '-O3'];
/** One of KaRaMeL's helpers gives two values; nothing that stays does. */
const multivalue = '--enable-multivalue';

const familyModule = (family: CryptographyFamily): string => `diatom:family/${family}`;
const absentFamily =
  '(module (func $libos/cryptography/absent (export "compute") (param i32 i32 i32) (result i32) (unreachable)))';

/** What KaRaMeL's loader has. Nothing that is used allocates. */
const karamel = 'Karamel';
const loaderFunctions: Readonly<Record<string, string>> = {
  WasmSupport_trap: '(func $hacl/trap (export "WasmSupport_trap") (param i32) (result i32) (unreachable))',
  WasmSupport_malloc: '(func $hacl/malloc (export "WasmSupport_malloc") (param i32) (result i32) (unreachable))',
};

export async function linkCryptography(used: readonly CryptographyFamily[], place: Place): Promise<Cryptography> {
  const parts = await partsOf(used.flatMap((family) => needs[family]));
  const places = new Map<string, number>();
  let dataEnd = place.dataAt;
  for (const { name, dataBytes } of parts) {
    places.set(name, dataEnd);
    dataEnd = Math.ceil((dataEnd + dataBytes) / 16) * 16;
  }
  const [glue, ...families] = await Promise.all(['index' as const, ...used].map(cryptographyGlue));
  if (glue === undefined) throw new Error('the glue of cryptography was not compiled');
  const hacl = parts.map((part) => [part.name, placed(part, places.get(part.name) ?? 0, place.memory)] as const);
  const key = JSON.stringify([await toolVersions(), used, place, exported, passes, absentFamily, loaderFunctions]);
  const wasm = await cached('cryptography', [key, ...hacl.map(([, wasm]) => wasm), glue, ...families], async () => {
    const globals = [...places].map(([name, at]) => `(global (export "${name}") i32 (i32.const ${at}))`);
    const overMemory = (module: Uint8Array) =>
      renameImports(module, (from, name, isMemory) =>
        isMemory ? place.memory : [haclModuleOf(parts, name) ?? from, name],
      );
    const absent = cryptographyFamilies.filter((family) => !used.includes(family));
    const modules: readonly (readonly [name: string, wasm: Uint8Array])[] = [
      [karamel, await assemble(`(module ${[...globals, ...Object.values(loaderFunctions)].join('\n')})`)],
      ...hacl,
      ...(await Promise.all(
        absent.map(async (family) => [familyModule(family), await assemble(absentFamily)] as const),
      )),
      ...used.map((family, at) => [familyModule(family), overMemory(families[at] ?? glue)] as const),
      [cryptographyModule, overMemory(glue)],
    ];
    const merged = await runTool(
      'wasm-merge',
      Object.fromEntries(modules.map(([, module], at) => [`${at}.wasm`, module])),
      [...modules.flatMap(([name], at) => [`${at}.wasm`, name]), '--rename-export-conflicts', '-g', multivalue],
    );
    return runTool('wasm-opt', { 'in.wasm': keepExports(merged, exported) }, ['in.wasm', ...passes, '-g', multivalue]);
  });
  return { wasm, dataEnd };
}

const assemble = (text: string): Promise<Uint8Array> => runTool('wasm-as', { 'in.wat': text }, ['in.wat', '-g']);

interface Part {
  readonly name: string;
  readonly wasm: Uint8Array;
  readonly exports: ReadonlySet<string>;
  readonly dataBytes: number;
}

/** Modules of HACL* and what they import, each behind what it needs. */
async function partsOf(names: readonly string[]): Promise<readonly Part[]> {
  const folder = dirname(createRequire(import.meta.url).resolve(`${cryptographyPackage}/package.json`));
  const parts = new Map<string, Part>();
  const add = async (name: string): Promise<void> => {
    if (parts.has(name)) return;
    const wasm = await readFile(join(folder, `${name}.wasm`));
    const module = new WebAssembly.Module(wasm);
    for (const needed of new Set(WebAssembly.Module.imports(module).map((one) => one.module))) {
      if (needed !== karamel && needed !== name) await add(needed);
    }
    const exports = new Set(WebAssembly.Module.exports(module).map((one) => one.name));
    parts.set(name, { name, wasm, exports, dataBytes: dataBytesOf(wasm) });
  };
  for (const name of names) await add(name);
  return [...parts.values()];
}

/** The glue imports functions of HACL* by their names alone. */
const haclModuleOf = (parts: readonly Part[], name: string): string | undefined =>
  parts.find(({ exports }) => name.startsWith('Hacl_') && exports.has(name))?.name;

/** A part with its data in its place, over the memory of the link. */
function placed({ name, wasm }: Part, dataAt: number, memory: Place['memory']): Uint8Array {
  const sections = readSections(wasm).map((section): Section => {
    if (section.id !== sectionIds.data) return section;
    const items = segmentsOf(section.content).map((bytes) =>
      Buffer.concat([Uint8Array.of(0, constant), signed(dataAt), Uint8Array.of(end), unsigned(bytes.length), bytes]),
    );
    return { id: section.id, content: writeVector(items) };
  });
  const settled = withSettledGlobals(wasm, sections, dataAt);
  return renameImports(writeSections([...settled, nameSection(name, wasm)]), (module, item, isMemory) => {
    if (isMemory) return memory;
    if (module === karamel) return [karamel, name];
    return item in loaderFunctions ? [karamel, item] : [module, item];
  });
}

/**
 * Its start function does nothing but tell globals where their tables are: place of the data, plus a constant. As constants from the
 * start they vanish into the code, and nothing is left to run at boot.
 */
function withSettledGlobals(wasm: Uint8Array, sections: readonly Section[], dataAt: number): readonly Section[] {
  const { start, functions, globals } = decode(wasm);
  const found = start === undefined ? undefined : functions[start];
  if (found === undefined) return sections;
  if (found.kind !== 'defined') throw new Error('the start function of a HACL* module is not its own');
  const body = new Reader(wasm, found.bodyStart, found.bodyEnd);
  const values = new Map<number, number>();
  for (let opcode = body.byte(); opcode !== end; opcode = body.byte()) {
    const isPlace = opcode === globalGet && body.u32() === 0 && body.byte() === constant;
    const offset = isPlace ? body.s32() : 0;
    if (!isPlace || body.byte() !== add || body.byte() !== globalSet) {
      throw new Error('the start function of a HACL* module does more than place its tables');
    }
    values.set(body.u32(), dataAt + offset);
  }
  const importedCount = globals.filter(({ imported }) => imported !== undefined).length;
  return sections.flatMap((section): readonly Section[] => {
    if (section.id === sectionIds.start) return [];
    if (section.id !== sectionIds.global) return [section];
    const reader = new Reader(section.content);
    const items = reader.vector((index) => {
      const from = reader.offset;
      reader.slice(2);
      if (reader.byte() !== constant) throw new Error('a global of a HACL* module does not begin as a constant');
      reader.s32();
      reader.byte();
      const value = values.get(importedCount + index);
      if (value === undefined) return section.content.subarray(from, reader.offset);
      return Buffer.concat([Uint8Array.of(i32, mutable, constant), signed(value), Uint8Array.of(end)]);
    });
    return [{ id: section.id, content: writeVector(items) }];
  });
}

/** Names of functions for trap reports and `diatom inspect`: the package has none but those of its exports. */
function nameSection(module: string, wasm: Uint8Array): Section {
  const { functions, exports } = decode(wasm);
  const exported = new Map(
    exports.flatMap(({ kind, index, name }) => (kind === 'function' ? [[index, name] as const] : [])),
  );
  const names = functions.flatMap(({ kind }, index) => {
    if (kind === 'imported') return [];
    return [Buffer.concat([unsigned(index), writeName(`hacl/${exported.get(index) ?? `${module}/${index}`}`)])];
  });
  const content = writeVector(names);
  return {
    id: sectionIds.custom,
    content: Buffer.concat([writeName('name'), Uint8Array.of(functionNames), unsigned(content.length), content]),
  };
}

const functionNames = 1;
const i32 = 0x7f;
const mutable = 1;
const add = 0x6a;
const globalSet = 0x24;
const globalGet = 0x23;
const constant = 0x41;
const end = 0x0b;

/** The content of data segments, each of which begins at the place that its module is given. */
function segmentsOf(content: Uint8Array): readonly Uint8Array[] {
  const reader = new Reader(content);
  return reader.vector(() => {
    const kind = reader.u32();
    const opcode = reader.byte();
    reader.u32();
    if (kind !== 0 || opcode !== globalGet || reader.byte() !== end) {
      throw new Error('the data of a HACL* module is not where it was');
    }
    return reader.slice(reader.u32());
  });
}

function dataBytesOf(wasm: Uint8Array): number {
  const data = readSections(wasm).find(({ id }) => id === sectionIds.data);
  const segments = data === undefined ? [] : segmentsOf(data.content);
  if (segments.length > 1) throw new Error('a HACL* module has more than one data segment');
  return segments[0]?.length ?? 0;
}
