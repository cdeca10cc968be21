/** A decoded module as machine code with its data: everything of the image but the file around it. */
import type { CompiledFunction, CompileOptions, Flavour } from '../compile.ts';
import { ModuleError } from '../decode/error.ts';
import { evaluate } from '../decode/evaluate.ts';
import type { DecodedModule, DefinedFunction } from '../decode/module.ts';
import type { BodyFacts } from '../decode/survey.ts';
import { buildFunction } from '../ir/build.ts';
import { inlineSelf } from '../ir/inline-self.ts';
import { simplify } from '../ir/simplify.ts';
import { verifyFunction } from '../ir/verify.ts';
import { Assembler, type Label, type Region } from './assembler.ts';
import { type ContextLayout, imageWindowBytes, layOutContext, pageBytes, wasmPageBytes } from './context-layout.ts';
import type { Program } from './emission.ts';
import { emitEntry } from './entry.ts';
import { flavourRules } from './flavours/index.ts';
import { emitFunction } from './function.ts';
import { checkImports } from './imports.ts';
import { initialContext, initialMemories } from './initial-data.ts';
import { Literals } from './literals.ts';
import { emitNativeWrapper } from './native-wrapper.ts';
import { FunctionKeys } from './reuse/function-key.ts';
import { startRecording } from './reuse/recording.ts';
import { encodeCode, writeCode } from './reuse/reusable-code.ts';
import { Runtime } from './runtime.ts';

export interface ProgramMemory {
  readonly base: number;
  readonly sizeBytes: number;
  readonly maximumBytes: number;
  readonly bytes: Uint8Array;
}

export interface GeneratedProgram {
  readonly entryAddress: number;
  readonly textAddress: number;
  readonly text: Uint8Array;
  readonly context: ContextLayout;
  readonly data: Uint8Array;
  readonly memories: readonly ProgramMemory[];
  readonly functions: readonly CompiledFunction[];
  readonly systemCalls: readonly string[];
}

const functionAlignment = 16;
const trapFill = 0xcc; // int3

/** Distance between memories of a host program: more than an index, an offset and an access can span. */
const hostMemorySpan = 0x4_0000_0000;
const hostMemoryBase = 0x1_0000_0000;
const pageLimit = 65_536;

/** Types that are equal get the id of the first of them. */
function canonicalTypeIds(module: DecodedModule): readonly number[] {
  const ids = new Map<string, number>();
  return module.types.map((type, index) => {
    const key = `${type.parameters.join(' ')} -> ${type.results.join(' ')}`;
    const id = ids.get(key) ?? index;
    ids.set(key, id);
    return id;
  });
}

function exportedFunction(module: DecodedModule, name: string, parameters: readonly string[]): number | undefined {
  const found = module.exports.find((item) => item.kind === 'function' && item.name === name);
  if (found === undefined) return undefined;
  const type = module.types[module.functions[found.index]?.typeIndex ?? -1];
  if (type === undefined || type.parameters.join() !== parameters.join() || type.results.length > 0) {
    throw new ModuleError(
      'unsupported',
      `export ${name} must be a function of (${parameters.join(', ')}) without result`,
      0,
    );
  }
  return found.index;
}

export function generate(
  module: DecodedModule,
  { flavour, entry = '_start', check = false, cache }: CompileOptions,
  { references, growsTables }: BodyFacts,
): GeneratedProgram {
  checkImports(module, flavour);
  const entryIndex = exportedFunction(module, entry, []);
  if (entryIndex === undefined) throw new ModuleError('unsupported', `no exported function ${entry} to enter`, 0);
  const context = layOutContext(module, flavour, growsTables);
  const checkSize = (sizeBytes: number, what: string) => {
    if (sizeBytes <= imageWindowBytes) return;
    throw new ModuleError('unsupported', `${what} of ${sizeBytes} bytes: an image has room for ${imageWindowBytes}`, 0);
  };
  checkSize(context.sizeBytes, 'tables and globals');
  const dataPages = Math.ceil(context.sizeBytes / pageBytes);
  const assembler = new Assembler(context.address + dataPages * pageBytes);
  const literals = new Literals(assembler);
  const systemCalls = new Set<string>();
  const runtime = new Runtime(assembler, context, flavour, systemCalls);
  const functionLabels = module.functions.map(() => assembler.newLabel());
  const labelOf = (index: number): Label => {
    const label = functionLabels[index];
    if (label === undefined) throw new Error(`function ${index} does not exist`);
    return label;
  };
  const program: Program = {
    module,
    flavour,
    check,
    assembler,
    literals,
    context,
    runtime,
    functionLabels,
    typeIds: canonicalTypeIds(module),
    systemCalls,
    dataLabels: module.data.map(({ mode, bytes }) =>
      mode.kind === 'passive' ? literals.blob(bytes) : literals.blob(new Uint8Array(0)),
    ),
    elementLabels: module.elements.map(({ mode, items }) =>
      literals.addressTable(
        mode.kind !== 'passive'
          ? []
          : items.map((item) => {
              const value = evaluate(module, item);
              return value.kind === 'function' ? labelOf(value.index) : undefined;
            }),
      ),
    ),
  };
  const onSignal = exportedFunction(module, 'on_signal', ['i32', 'i64', 'i64']);
  if (onSignal !== undefined) runtime.onSignal = labelOf(onSignal);
  const functions: CompiledFunction[] = [];
  const record = (name: string, emit: () => void): Region => {
    const address = assembler.address;
    const region = assembler.startRegion();
    emit();
    assembler.endRegion(region);
    functions.push({ name, address, sizeBytes: assembler.address - address });
    return region;
  };
  const emitDefined = (into: Program, fn: DefinedFunction, index: number) => {
    const ir = buildFunction(module, fn);
    inlineSelf(ir, index);
    simplify(ir);
    if (check) verifyFunction(ir, 'simplify');
    emitFunction(into, ir);
  };
  // Who wants proofs wants them of every function.
  const keys = cache === undefined || check ? undefined : new FunctionKeys(program);
  record('seal:entry', () =>
    emitEntry(program, labelOf(entryIndex), module.start === undefined ? undefined : labelOf(module.start)),
  );
  for (const [index, fn] of module.functions.entries()) {
    if (fn.kind === 'imported' && !references.has(index) && index !== module.start && index !== entryIndex) continue;
    if (references.has(index)) {
      while ((assembler.address + 4) % functionAlignment !== 0) assembler.byte(trapFill);
      assembler.word(program.typeIds[fn.typeIndex] ?? -1);
    } else assembler.align(functionAlignment, trapFill);
    assembler.bind(labelOf(index));
    if (fn.kind === 'imported') {
      record(fn.name, () => emitNativeWrapper(program, index));
      continue;
    }
    const key = keys?.of(index, fn);
    if (key === undefined || cache === undefined) {
      record(fn.name, () => emitDefined(program, fn, index));
      continue;
    }
    const known = cache.get(key.digest);
    if (known !== undefined) {
      record(fn.name, () => writeCode(program, key, known));
      continue;
    }
    const recording = startRecording(program);
    const region = record(fn.name, () => emitDefined(recording.program, fn, index));
    cache.put(key.digest, encodeCode(key, recording, assembler.capture(region)));
  }
  functions.push(...runtime.emit());
  literals.emit();
  checkSize(assembler.address - context.address, 'data and code');
  const text = assembler.finish();
  const memories = layOutMemories(module, flavour);
  return {
    entryAddress: assembler.origin,
    textAddress: assembler.origin,
    text,
    context,
    data: initialContext(module, context, (index) => assembler.addressOf(labelOf(index)), memories),
    memories,
    functions,
    systemCalls: [...systemCalls].sort(),
  };
}

function layOutMemories(module: DecodedModule, flavour: Flavour): readonly ProgramMemory[] {
  const images = initialMemories(module);
  return module.memories.map(({ limits }, index) => ({
    // Images learn their bases from the boot block.
    base: flavourRules[flavour].enteredBy === 'kernel' ? hostMemoryBase + index * hostMemorySpan : 0,
    sizeBytes: limits.minimum * wasmPageBytes,
    maximumBytes: Math.min(limits.maximum ?? pageLimit, pageLimit) * wasmPageBytes,
    bytes: images[index] ?? new Uint8Array(0),
  }));
}
