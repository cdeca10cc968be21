/**
 * Several modules that import from each other as one (core specification §4.5.4, instantiation, done ahead of time): index
 * spaces are joined, an import becomes the index of what it names. Active segments become passive ones and a function that
 * applies them, so that instances come into being in their order.
 */
import type { Space } from '../decode/index-spaces.ts';
import type {
  DecodedModule,
  DefinedFunction,
  Export,
  FunctionType,
  Global,
  ImportName,
  Limits,
  Memory,
  ModuleFunction,
  Table,
} from '../decode/module.ts';
import { type IndexMap, rewriteBody, rewriteConstant } from '../link/rewrite-body.ts';
import { constantCode } from './constant-code.ts';
import { type Bytes, constant, unsigned } from './wasm-writer.ts';

export class LinkError extends Error {}

export interface Instance {
  readonly exports: ReadonlyMap<string, Export>;
  /** Function that applies the segments and starts; undefined if there is nothing to do. */
  readonly instantiate: number | undefined;
  /** The same without the start function and from the first segment on that does not fit. */
  readonly partly: number | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer Item)[] ? Item[] : T[K] };

const emptyModule = (): Mutable<DecodedModule> => ({
  types: [],
  functions: [],
  tables: [],
  memories: [],
  globals: [],
  exports: [],
  start: undefined,
  startByteOffset: 0,
  elements: [],
  data: [],
  dataCount: undefined,
});

const sameType = (a: FunctionType | undefined, b: FunctionType | undefined): boolean =>
  JSON.stringify([a?.parameters, a?.results]) === JSON.stringify([b?.parameters, b?.results]);

/** `grown`: the size may have grown since, which only running tells. */
function checkLimits(found: Limits, wanted: Limits, grown: boolean): void {
  const fits =
    (grown || found.minimum >= wanted.minimum) &&
    (wanted.maximum === undefined || (found.maximum !== undefined && found.maximum <= wanted.maximum));
  if (!fits) throw new LinkError('incompatible import type');
}

export class LinkedInstances {
  /** What is compiled: all instances so far. */
  readonly module = emptyModule();
  private readonly registered = new Map<string, Instance>();

  register(name: string, instance: Instance): void {
    this.registered.set(name, instance);
  }

  isRegistered(name: string): boolean {
    return this.registered.has(name);
  }

  private found(kind: Export['kind'], name: ImportName): number {
    const item = this.registered.get(name.module)?.exports.get(name.field);
    if (item === undefined) throw new LinkError(`unknown import ${name.module}.${name.field}`);
    if (item.kind !== kind) throw new LinkError('incompatible import type');
    return item.index;
  }

  private define(code: Bytes, results: FunctionType['results']): number {
    const bytes = Uint8Array.from([...code, 0x0b]);
    const { types, functions } = this.module;
    types.push({ parameters: [], results });
    const typeIndex = types.length - 1;
    functions.push({
      kind: 'defined',
      typeIndex,
      name: 'linked',
      locals: [],
      bodyStart: 0,
      bodyEnd: bytes.length,
      bytes,
    });
    return functions.length - 1;
  }

  /** A function that gives the value of a global. */
  reading(globalIndex: number): number {
    const type = this.module.globals[globalIndex]?.type ?? 'i32';
    return this.define([0x23, ...unsigned(globalIndex)], [type]);
  }

  private linkFunction(source: DecodedModule, fn: ModuleFunction & { kind: 'imported' }): number {
    const index = this.found('function', fn);
    const typeIndex = this.module.functions[index]?.typeIndex ?? -1;
    if (!sameType(this.module.types[typeIndex], source.types[fn.typeIndex]))
      throw new LinkError('incompatible import type');
    return index;
  }

  private linkTable(table: Table & { imported: ImportName }, grown: boolean): number {
    const index = this.found('table', table.imported);
    const found = this.module.tables[index];
    if (found === undefined || found.type !== table.type) throw new LinkError('incompatible import type');
    checkLimits(found.limits, table.limits, grown);
    return index;
  }

  private linkMemory(memory: Memory & { imported: ImportName }, grown: boolean): number {
    const index = this.found('memory', memory.imported);
    const found = this.module.memories[index];
    if (found !== undefined) checkLimits(found.limits, memory.limits, grown);
    return index;
  }

  private linkGlobal(global: Global & { imported: ImportName }): number {
    const index = this.found('global', global.imported);
    const found = this.module.globals[index];
    if (found?.type !== global.type || found.mutable !== global.mutable)
      throw new LinkError('incompatible import type');
    return index;
  }

  /** Throws `LinkError`, and then nothing is added. */
  add(source: DecodedModule, { grown }: { readonly grown: boolean }): Instance {
    const { module } = this;
    const maps: Record<Space, number[]> = {
      type: source.types.map((_, index) => module.types.length + index),
      data: source.data.map((_, index) => module.data.length + index),
      element: source.elements.map((_, index) => module.elements.length + index),
      function: [],
      table: [],
      memory: [],
      global: [],
    };
    const own = {
      functions: [] as DefinedFunction[],
      tables: [] as Table[],
      memories: [] as Memory[],
      globals: [] as Global[],
    };
    for (const fn of source.functions) {
      if (fn.kind === 'imported') maps.function.push(this.linkFunction(source, fn));
      else maps.function.push(module.functions.length + own.functions.push(fn) - 1);
    }
    for (const table of source.tables) {
      const { imported } = table;
      if (imported !== undefined) maps.table.push(this.linkTable({ ...table, imported }, grown));
      else maps.table.push(module.tables.length + own.tables.push(table) - 1);
    }
    for (const memory of source.memories) {
      const { imported } = memory;
      if (imported !== undefined) maps.memory.push(this.linkMemory({ ...memory, imported }, grown));
      else maps.memory.push(module.memories.length + own.memories.push(memory) - 1);
    }
    for (const global of source.globals) {
      const { imported } = global;
      if (imported !== undefined) maps.global.push(this.linkGlobal({ ...global, imported }));
      else maps.global.push(module.globals.length + own.globals.push(global) - 1);
    }
    const map: IndexMap = (space, index) => maps[space][index] ?? index;
    module.types.push(...source.types);
    module.functions.push(...own.functions.map((fn) => rewriteBody(fn, source.types, map)));
    module.memories.push(...own.memories);
    const initialised = <T extends Table | Global>(item: T): T =>
      item.initial === undefined ? item : { ...item, initial: rewriteConstant(item.initial, map) };
    module.tables.push(...own.tables.map(initialised));
    module.globals.push(...own.globals.map(initialised));
    for (const segment of source.elements) {
      const items = segment.items.map((item) => rewriteConstant(item, map));
      module.elements.push({ ...segment, items, mode: { kind: 'passive' } });
    }
    for (const segment of source.data) module.data.push({ ...segment, mode: { kind: 'passive' } });
    const exports = source.exports.map((item) => [item.name, { ...item, index: map(item.kind, item.index) }] as const);
    return { exports: new Map(exports), ...this.initialisation(source, map) };
  }

  private initialisation(source: DecodedModule, map: IndexMap): Omit<Instance, 'exports'> {
    const steps: { readonly code: Bytes; readonly fits: boolean }[] = [];
    const step = (offset: Bytes, lengthItems: number, init: Bytes, drop: Bytes, sizeItems: number) => {
      // Only a plain constant can be judged beforehand; `i32.const` is two bytes or more.
      const start = offset[0] === 0x41 ? Number(leb(offset.slice(1))) : 0;
      const code = [...offset, ...constant('i32', 0n), ...constant('i32', BigInt(lengthItems)), ...init, ...drop];
      steps.push({ code, fits: start + lengthItems <= sizeItems });
    };
    for (const [index, { mode, items }] of source.elements.entries()) {
      const element = unsigned(map('element', index));
      const drop = [0xfc, 13, ...element];
      if (mode.kind === 'declarative') steps.push({ code: drop, fits: true });
      if (mode.kind !== 'active') continue;
      const table = map('table', mode.index);
      const offset = constantCode(rewriteConstant(mode.offset, map));
      const sizeItems = this.module.tables[table]?.limits.minimum ?? 0;
      step(offset, items.length, [0xfc, 12, ...element, ...unsigned(table)], drop, sizeItems);
    }
    for (const [index, { mode, bytes }] of source.data.entries()) {
      if (mode.kind !== 'active') continue;
      const data = unsigned(map('data', index));
      const memory = map('memory', mode.index);
      const offset = constantCode(rewriteConstant(mode.offset, map));
      const sizeBytes = (this.module.memories[memory]?.limits.minimum ?? 0) * 65_536;
      step(offset, bytes.length, [0xfc, 8, ...data, ...unsigned(memory)], [0xfc, 9, ...data], sizeBytes);
    }
    const failing = steps.findIndex(({ fits }) => !fits);
    const first = failing < 0 ? steps : steps.slice(0, failing);
    const start = source.start === undefined ? [] : [0x10, ...unsigned(map('function', source.start))];
    const code = [...steps.flatMap((item) => item.code), ...start];
    return {
      instantiate: code.length === 0 ? undefined : this.define(code, []),
      partly:
        first.length === 0
          ? undefined
          : this.define(
              first.flatMap((item) => item.code),
              [],
            ),
    };
  }
}

/** Unsigned reading of a signed constant: an offset. */
function leb(bytes: Bytes): bigint {
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte < 0x80) return BigInt.asUintN(32, byte & 0x40 ? value - (1n << shift) : value);
  }
  return value;
}
