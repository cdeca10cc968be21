/** WebAssembly → static x86-64 ELF (docs/process-image.md, docs/seal.md). Same input, same bytes. */
import type { NativeTarget } from '@diatom/libos';
import { type GeneratedProgram, generate } from './codegen/program.ts';
import { decode } from './decode/decode.ts';
import type { DecodedModule } from './decode/module.ts';
import { type BodyFacts, surveyBodies } from './decode/survey.ts';
import { validate } from './decode/validate.ts';
import { writeImage } from './elf/image.ts';
import { writeVirtioImage } from './virtio/image.ts';

/**
 * `process`: mapped and entered by the native tender. `hvt`: entered in ring 3 of a virtual machine by our own monitor.
 * `virtio`: the same for other monitors, with its own boot code. `linux`: a host program, started by the kernel's execve.
 */
export type Flavour = NativeTarget | 'linux';

export interface CompileOptions {
  readonly flavour: Flavour;
  /** Export called by e_entry; it takes nothing. Default `_start`. */
  readonly entry?: string;
  /** Of the stack that a `virtio` image brings along; to others whoever starts them gives one. Default 256 KiB. */
  readonly stackBytes?: number;
  /** Prove IR and register allocation of every function on the way; throws where they are wrong. Takes twice as long. */
  readonly check?: boolean;
  /** Code of functions from earlier runs of this very compiler. The result is the same with and without. */
  readonly cache?: CodeCache;
}

/** A key says everything that its value follows from but the compiler itself (link/code-cache.ts). */
export interface CodeCache {
  get(key: string): Uint8Array | undefined;
  put(key: string, value: Uint8Array): void;
}

export interface CompiledFunction {
  /** From the name section; `function[12]` where there is none. */
  readonly name: string;
  /** Address of the first instruction. */
  readonly address: number;
  readonly sizeBytes: number;
}

export interface CompiledMemory {
  readonly initialBytes: number;
  readonly maximumBytes: number;
  /** Initial bytes stored in the file; the rest starts as zero. */
  readonly fileBytes: number;
}

export interface CompiledImage {
  readonly elf: Uint8Array;
  /** In address order. Runtime routines of the compiler itself are named `seal:…`. */
  readonly functions: readonly CompiledFunction[];
  /** Names of the system calls the code contains, sorted. */
  readonly systemCalls: readonly string[];
  readonly memories: readonly CompiledMemory[];
}

/** Throws `ModuleError` for input that is malformed, invalid or needs a feature the compiler does not have. */
export function compile(wasm: Uint8Array, options: CompileOptions): CompiledImage {
  const module = decode(wasm);
  return compileModule(module, options, validate(module));
}

/** Compile a module that is decoded already and known to be valid. */
export function compileModule(
  module: DecodedModule,
  options: CompileOptions,
  facts: BodyFacts = surveyBodies(module),
): CompiledImage {
  const program = generate(module, options, facts);
  return {
    elf: writeFile(program, options),
    functions: program.functions,
    systemCalls: program.systemCalls,
    memories: program.memories.map(({ sizeBytes, maximumBytes, bytes }) => ({
      initialBytes: sizeBytes,
      maximumBytes,
      fileBytes: bytes.length,
    })),
  };
}

/** Nobody maps a virtio image: it brings page tables, boot code and stack along (docs/virtio.md). */
function writeFile(program: GeneratedProgram, { flavour, stackBytes }: CompileOptions): Uint8Array {
  if (flavour !== 'virtio') return writeImage(program, flavour);
  return writeVirtioImage(program, stackBytes === undefined ? {} : { stackBytes });
}
