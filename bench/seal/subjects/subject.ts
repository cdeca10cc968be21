/** Something that compiles a program and runs it. */

export interface CompilerSubject {
  readonly name: string;
  /** Why it cannot take part, and what to do about it; undefined when it can. */
  unavailable(): Promise<string | undefined>;
  version(): Promise<string>;
  /** `directory` is the subject's own for this program. */
  compile(program: string, wasm: Uint8Array, directory: string): Promise<CompiledProgram>;
}

export interface CompiledProgram {
  readonly compileMs: number;
  readonly codeBytes: number;
  /** Runs in a process of its own, pinned. */
  run(): Promise<ProgramRun>;
}

export interface ProgramRun {
  readonly checksum: number;
  /** Processor time of each call of `run`, measured inside the process. */
  readonly runMs: readonly number[];
}

/** What a process prints: little-endian 64-bit words, the checksum and then nanoseconds of each call. */
export function readRun(output: Buffer): ProgramRun {
  const words = Array.from({ length: Math.floor(output.length / 8) }, (_, i) => output.readBigUInt64LE(i * 8));
  const [checksum = 0n, ...nanoseconds] = words;
  if (nanoseconds.length === 0) throw new Error(`it printed ${output.length} bytes and no times`);
  return { checksum: Number(checksum & 0xffff_ffffn), runMs: nanoseconds.map((value) => Number(value) / 1e6) };
}
