import type {
  ConstantOperation,
  DecodedModule,
  FunctionType,
  Global,
  ModuleFunction,
  ValueType,
} from '../decode/module.ts';
import { constant, header, section, text, typeCodes, unsigned, vector } from './wasm-writer.ts';

/** The module with every imported function replaced by one that returns zeros, imported globals by zeros, imported memories by its own. */
export function withStubbedImports(module: DecodedModule): DecodedModule {
  const stub = (fn: ModuleFunction): ModuleFunction => {
    if (fn.kind === 'defined') return fn;
    const results = module.types[fn.typeIndex]?.results ?? [];
    const bytes = Uint8Array.from([...results.flatMap((type) => constant(type, 0n)), 0x0b]);
    const { typeIndex, name } = fn;
    return { kind: 'defined', typeIndex, name, locals: [], bodyStart: 0, bodyEnd: bytes.length, bytes };
  };
  const memories = module.memories.map((memory) => ({ ...memory, imported: undefined }));
  const globals = module.globals.map((global): Global => {
    if (global.imported === undefined) return global;
    const { type } = global;
    const zero: ConstantOperation =
      type === 'funcref' || type === 'externref' ? { kind: 'null', type } : { kind: 'const', type, bits: 0n };
    return { ...global, imported: undefined, initial: { operations: [zero], byteOffset: 0 } };
  });
  return { ...module, functions: module.functions.map(stub), memories, globals };
}

const zeroOf = ({ results }: FunctionType) => {
  const values = results.map((type) => (type === 'i64' ? 0n : type === 'funcref' || type === 'externref' ? null : 0));
  return results.length < 2 ? values[0] : values;
};

/** JavaScript cannot be called with vectors: those functions come from a module. */
function vectorFunction({ parameters, results }: FunctionType): unknown {
  const codes = (types: readonly ValueType[]) => vector(types.map((type) => [typeCodes[type] ?? 0]));
  const body = [0, ...results.flatMap((type) => constant(type, 0n)), 0x0b];
  const wasm = Uint8Array.from([
    ...header,
    ...section(1, vector([[0x60, ...codes(parameters), ...codes(results)]])),
    ...section(3, vector([[0]])),
    ...section(7, vector([[...text('stub'), 0, 0]])),
    ...section(10, vector([[...unsigned(body.length), ...body]])),
  ]);
  return new WebAssembly.Instance(new WebAssembly.Module(wasm)).exports.stub;
}

/** The same imports for the engine. */
export function stubImports(module: DecodedModule): WebAssembly.Imports {
  const imports: Record<string, Record<string, unknown>> = {};
  for (const fn of module.functions) {
    if (fn.kind !== 'imported') continue;
    const fields = imports[fn.module] ?? {};
    const type = module.types[fn.typeIndex] ?? { parameters: [], results: [] };
    const value = zeroOf(type);
    const takesVectors = [...type.parameters, ...type.results].includes('v128');
    fields[fn.field] = takesVectors ? vectorFunction(type) : () => value;
    imports[fn.module] = fields;
  }
  for (const { imported, type, mutable } of module.globals) {
    if (imported === undefined) continue;
    const value = type === 'funcref' ? 'anyfunc' : type;
    const zero =
      type === 'i64' ? 0n : type === 'v128' ? undefined : type === 'funcref' || type === 'externref' ? null : 0;
    imports[imported.module] = {
      ...imports[imported.module],
      [imported.field]: new WebAssembly.Global({ value, mutable }, zero as never),
    };
  }
  return imports as WebAssembly.Imports;
}
