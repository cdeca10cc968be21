/**
 * Validation (core specification §3.4): after it every index is in range, every operand has its type, and the stages behind
 * rely on that without looking again.
 */
import { ModuleError, printableName } from './error.ts';
import { checkLimit, checkModuleLimits } from './limits.ts';
import type { DecodedModule, Export, Limits, SegmentMode } from './module.ts';
import { type BodyFacts, FactCollector, functionsInConstants } from './survey.ts';
import { validateBody } from './validate-body.ts';
import { validateConstant } from './validate-constant.ts';

const mostPages = 65_536;

const invalid = (reason: string, byteOffset: number) => new ModuleError('invalid', reason, byteOffset);

function checkOrder({ minimum, maximum }: Limits, byteOffset: number): void {
  if (maximum !== undefined && minimum > maximum) {
    throw invalid(`size minimum must not be greater than maximum, found ${minimum} and ${maximum}`, byteOffset);
  }
}

function validateImports({ functions, types }: DecodedModule): void {
  for (const fn of functions) {
    if (fn.kind === 'imported' && types[fn.typeIndex] === undefined) {
      throw invalid(`unknown type ${fn.typeIndex}`, fn.byteOffset);
    }
  }
}

function validateTables(module: DecodedModule): void {
  const importedGlobals = module.globals.filter(({ imported }) => imported !== undefined).length;
  for (const { limits, initial, type, byteOffset } of module.tables) {
    checkOrder(limits, byteOffset);
    checkLimit('elements of one table', limits.minimum, byteOffset);
    // Tables come before globals, so an initialiser sees imported ones only.
    if (initial !== undefined) validateConstant(module, initial, type, importedGlobals);
  }
}

function validateMemories({ memories }: DecodedModule): void {
  for (const { limits, byteOffset } of memories) {
    if (limits.minimum > mostPages || (limits.maximum ?? 0) > mostPages) {
      throw invalid(`memory size must be at most ${mostPages} pages (4 GiB)`, byteOffset);
    }
    checkOrder(limits, byteOffset);
  }
}

function validateGlobals(module: DecodedModule): void {
  for (const [index, { initial, type }] of module.globals.entries()) {
    if (initial !== undefined) validateConstant(module, initial, type, index);
  }
}

const spaces = {
  function: 'functions',
  table: 'tables',
  memory: 'memories',
  global: 'globals',
} as const satisfies Readonly<Record<Export['kind'], keyof DecodedModule>>;

function validateExports(module: DecodedModule): void {
  const names = new Set<string>();
  for (const { name, kind, index, byteOffset } of module.exports) {
    if (index >= module[spaces[kind]].length) throw invalid(`unknown ${kind} ${index}`, byteOffset);
    if (names.has(name)) throw invalid(`duplicate export name "${printableName(name)}"`, byteOffset);
    names.add(name);
  }
}

function validateStart({ start, startByteOffset, functions, types }: DecodedModule): void {
  if (start === undefined) return;
  const fn = functions[start];
  if (fn === undefined) throw invalid(`unknown function ${start}`, startByteOffset);
  const type = types[fn.typeIndex];
  if (type === undefined || type.parameters.length > 0 || type.results.length > 0) {
    throw invalid('start function must take and return nothing', startByteOffset);
  }
}

function validateOffset(module: DecodedModule, mode: SegmentMode & { kind: 'active' }): void {
  validateConstant(module, mode.offset, 'i32');
}

function validateElements(module: DecodedModule): void {
  for (const { mode, type, items, byteOffset } of module.elements) {
    for (const item of items) validateConstant(module, item, type);
    if (mode.kind !== 'active') continue;
    const table = module.tables[mode.index];
    if (table === undefined) throw invalid(`unknown table ${mode.index}`, byteOffset);
    if (table.type !== type)
      throw invalid(`type mismatch: elements of ${type} in a table of ${table.type}`, byteOffset);
    validateOffset(module, mode);
  }
}

function validateData(module: DecodedModule): void {
  for (const { mode, byteOffset } of module.data) {
    if (mode.kind !== 'active') continue;
    if (mode.index >= module.memories.length) throw invalid(`unknown memory ${mode.index}`, byteOffset);
    validateOffset(module, mode);
  }
}

/** Functions named outside of bodies: those ref.func may take the address of (core specification §3.4.10, `refs`). */
function declaredFunctions(module: DecodedModule): ReadonlySet<number> {
  const exported = module.exports.flatMap(({ kind, index }) => (kind === 'function' ? [index] : []));
  return new Set([...functionsInConstants(module), ...exported]);
}

/** Throws `ModuleError` at the first rule that is broken. Gives what the code generator wants to know about all bodies. */
export function validate(module: DecodedModule): BodyFacts {
  checkModuleLimits(module);
  validateImports(module);
  validateTables(module);
  validateMemories(module);
  validateGlobals(module);
  validateExports(module);
  validateStart(module);
  validateElements(module);
  validateData(module);
  const declared = declaredFunctions(module);
  const facts = new FactCollector(module);
  const effort = { operandChecks: 0 };
  for (const fn of module.functions) {
    if (fn.kind === 'defined') facts.addBody(validateBody(module, fn, declared, effort));
  }
  return facts;
}
