/**
 * A portable module and the bindings of one target as one module: each imported machine call becomes the function the bindings
 * export. All indices of the portable module stay as they are, so its functions are decoded and checked once for all targets
 * and the cache has their code from the second target on; only the bindings, which are small, are rewritten. What of them
 * nothing reaches is left out.
 */
import { machineModule } from '@diatom/libos';
import { readBody } from '../decode/body.ts';
import { type Space, spacesOf } from '../decode/index-spaces.ts';
import type { DecodedModule, DefinedFunction, Export, ModuleFunction, SegmentMode } from '../decode/module.ts';
import { type IndexMap, rewriteBody, rewriteConstant } from './rewrite-body.ts';
import { unsigned } from './sections.ts';

export interface Bound {
  readonly module: DecodedModule;
  /** Machine calls that the bindings do not export, sorted; with any, the module cannot be compiled. */
  readonly missingCalls: readonly string[];
}

const entryName = '_start';
const memoryName = 'memory';

const indexOf = (module: DecodedModule, kind: Export['kind'], name: string): number | undefined =>
  module.exports.find((item) => item.kind === kind && item.name === name)?.index;

/** Both are valid. The bindings import one memory, which is the one that the portable module exports, and have no tables. */
export function bind(portable: DecodedModule, bindings: DecodedModule): Bound {
  const calls = portable.functions.flatMap((fn, at) => {
    if (fn.kind !== 'imported' || fn.module !== machineModule) return [];
    return [{ name: fn.field, at, provider: indexOf(bindings, 'function', fn.field) }];
  });
  const provided = calls.flatMap(({ at, provider }) => (provider === undefined ? [] : [{ at, provider }]));
  const missingCalls = calls.flatMap(({ name, provider }) => (provider === undefined ? [name] : [])).sort();
  const { functions: reached, globals } = reach(bindings, [
    ...provided.map(({ provider }) => provider),
    ...(bindings.start === undefined ? [] : [bindings.start]),
  ]);
  const placed = new Set(provided.map(({ provider }) => provider));
  const added = [...reached].filter((index) => !placed.has(index));
  const maps: Record<Space, ReadonlyMap<number, number>> = {
    function: new Map([
      ...added.map((index, position) => [index, portable.functions.length + position] as const),
      ...provided.map(({ at, provider }) => [provider, at] as const),
    ]),
    type: new Map(bindings.types.map((_, index) => [index, portable.types.length + index])),
    memory: new Map([[0, indexOf(portable, 'memory', memoryName) ?? 0]]),
    global: new Map([...globals].map((index, position) => [index, portable.globals.length + position])),
    data: new Map(bindings.data.map((_, index) => [index, portable.data.length + index])),
    table: new Map(),
    element: new Map(),
  };
  const map: IndexMap = (space, index) => {
    const found = maps[space].get(index);
    if (found === undefined) throw new Error(`the bindings use ${space} ${index}, which bindings cannot have`);
    return found;
  };
  const functionAt = (index: number): ModuleFunction => {
    const fn = itemAt(bindings.functions, index);
    if (fn.kind === 'defined') return rewriteBody(fn, bindings.types, map);
    return { ...fn, typeIndex: map('type', fn.typeIndex) };
  };
  const functions = [...portable.functions];
  for (const { at, provider } of provided) functions[at] = functionAt(provider);
  functions.push(...added.map(functionAt));
  const module: DecodedModule = {
    ...portable,
    types: [...portable.types, ...bindings.types],
    functions,
    globals: [
      ...portable.globals,
      ...[...globals].map((index) => {
        const global = itemAt(bindings.globals, index);
        return global.initial === undefined ? global : { ...global, initial: rewriteConstant(global.initial, map) };
      }),
    ],
    data: [...portable.data, ...bindings.data.map((segment) => ({ ...segment, mode: moved(segment.mode, map) }))],
    exports: portable.exports.filter(({ name }) => name === entryName),
  };
  const start = bindings.start === undefined ? undefined : map('function', bindings.start);
  return { module: start === undefined ? module : startingFirst(module, start), missingCalls };
}

function itemAt<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new Error(`index ${index} is out of range`);
  return item;
}

interface Reached {
  readonly functions: ReadonlySet<number>;
  readonly globals: ReadonlySet<number>;
}

function reach(module: DecodedModule, roots: readonly number[]): Reached {
  const functions = new Set(roots);
  const globals = new Set<number>();
  // A set hands out what is added while it is gone through.
  for (const index of functions) {
    const fn = itemAt(module.functions, index);
    if (fn.kind === 'imported') continue;
    for (const { opcode, index: named } of readBody(fn, module.types)) {
      const [space] = spacesOf[opcode.immediates] ?? [];
      if (space === 'function') functions.add(named);
      if (space === 'global') globals.add(named);
    }
  }
  for (const index of globals) {
    for (const operation of itemAt(module.globals, index).initial?.operations ?? []) {
      if (operation.kind === 'global') globals.add(operation.index);
    }
  }
  return { functions, globals };
}

const moved = (mode: SegmentMode, map: IndexMap): SegmentMode =>
  mode.kind === 'active'
    ? { ...mode, index: map('memory', mode.index), offset: rewriteConstant(mode.offset, map) }
    : mode;

/** The bindings are ready before the library OS, which starts by using them. */
function startingFirst(module: DecodedModule, first: number): DecodedModule {
  if (module.start === undefined) return { ...module, start: first };
  const call = (index: number) => [0x10, ...unsigned(index)];
  const bytes = Uint8Array.from([...call(first), ...call(module.start), 0x0b]);
  const both: DefinedFunction = {
    kind: 'defined',
    typeIndex: itemAt(module.functions, first).typeIndex,
    name: 'libos/start',
    locals: [],
    bodyStart: 0,
    bodyEnd: bytes.length,
    bytes,
  };
  return { ...module, functions: [...module.functions, both], start: module.functions.length };
}
