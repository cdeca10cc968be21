/** WebAssembly → static x86-64 ELF (docs/process-image.md, docs/seal.md). Same input, same bytes. */

export type Flavour = 'process' | 'linux';

export interface CompileOptions {
  /** `process`: mapped and entered by the tender. `linux`: started by the kernel's execve. */
  readonly flavour: Flavour;
  /** Export called by e_entry; it takes nothing. Default `_start`. */
  readonly entry?: string;
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
export function compile(_wasm: Uint8Array, _options: CompileOptions): CompiledImage {
  throw new Error('the code generator is not in this commit yet');
}
