import { ModuleError } from '../decode/error.ts';
import type { DecodedModule, Global, ModuleFunction } from '../decode/module.ts';

const constantOf = (type: Global['type']): Global['initial'] => {
  const bits: Readonly<Record<string, bigint>> = { i32: 666n, i64: 666n, f32: 0x4426a666n, f64: 0x4084d4cccccccccdn };
  return {
    byteOffset: 0,
    operations: [{ kind: 'const', type: type as 'i32', bits: bits[type] ?? 0n }],
  };
};

const emptyBody = Uint8Array.of(0x0b);

/** The host module of the spec scripts, built in: prints do nothing, globals, table and memory are the module's own. */
export function withSpectest(module: DecodedModule): DecodedModule {
  const foreign = (name: string): never => {
    throw new ModuleError('unsupported', `import of ${name}`, 0);
  };
  return {
    ...module,
    functions: module.functions.map((fn): ModuleFunction => {
      if (fn.kind === 'defined') return fn;
      if (fn.module !== 'spectest') return fn;
      const { typeIndex, name } = fn;
      return { kind: 'defined', typeIndex, name, locals: [], bodyStart: 0, bodyEnd: 1, bytes: emptyBody };
    }),
    globals: module.globals.map((global) => {
      if (global.imported === undefined) return global;
      if (global.imported.module !== 'spectest') return foreign(global.imported.module);
      return { ...global, imported: undefined, initial: constantOf(global.type) };
    }),
    tables: module.tables.map((table) => {
      if (table.imported === undefined) return table;
      if (table.imported.module !== 'spectest') return foreign(table.imported.module);
      return { ...table, imported: undefined, limits: { minimum: 10, maximum: 20 } };
    }),
    memories: module.memories.map((memory) => {
      if (memory.imported === undefined) return memory;
      if (memory.imported.module !== 'spectest') return foreign(memory.imported.module);
      return { ...memory, imported: undefined, limits: { minimum: 1, maximum: 2 } };
    }),
  };
}
