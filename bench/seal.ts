/** seal: the same modules run by our code, by V8's optimising tier and by wasm2c with gcc -O2, in turns. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canPin, serverProcessor } from './measure/processors.ts';
import { type MeasuredRow, type Report, type Row, Samples, type SkippedRow } from './report.ts';
import { type Program, programs } from './seal/programs/programs.ts';
import { ratios } from './seal/ratios.ts';
import { callsPerProcess } from './seal/subjects/calls.ts';
import { diatom } from './seal/subjects/diatom.ts';
import type { CompiledProgram, CompilerSubject } from './seal/subjects/subject.ts';
import { v8 } from './seal/subjects/v8.ts';
import { wasm2c } from './seal/subjects/wasm2c.ts';

const subjects: readonly CompilerSubject[] = [diatom, v8, wasm2c];
const rounds = 3;

export async function benchSeal(progress: (text: string) => void, names: readonly string[]): Promise<Report> {
  const chosen = names.length === 0 ? programs : names.map(programByName);
  const directory = await mkdtemp(join(tmpdir(), 'diatom-bench-'));
  try {
    const conditions: Record<string, string> = {};
    const ready: CompilerSubject[] = [];
    const skipped: SkippedRow[] = [];
    for (const subject of subjects) {
      const why = await subject.unavailable();
      if (why === undefined) {
        ready.push(subject);
        conditions[subject.name] = await subject.version();
      } else skipped.push(...chosen.map(({ name }) => ({ case: name, subject: subject.name, skipped: why })));
    }
    conditions.processors = canPin ? `everything on processor ${serverProcessor}` : 'not pinned';
    conditions.runs = `${rounds} processes of each subject in turns, ${callsPerProcess} calls in each after a first one`;
    const measured: MeasuredRow[] = [];
    for (const program of chosen) {
      measured.push(...(await measure(program, ready, join(directory, program.name), progress)));
    }
    const rows: readonly Row[] = [...measured, ...skipped, ...ratios(measured, diatom.name)];
    return { bench: 'seal', rows, conditions };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function programByName(name: string): Program {
  const found = programs.find((program) => program.name === name);
  if (found !== undefined) return found;
  throw new Error(`there is no program ${name}; there are ${programs.map((program) => program.name).join(', ')}`);
}

async function measure(
  program: Program,
  ready: readonly CompilerSubject[],
  directory: string,
  progress: (text: string) => void,
): Promise<readonly MeasuredRow[]> {
  const samples = new Samples(program.name);
  const wasm = await program.wasm();
  const compiled: { readonly subject: string; readonly code: CompiledProgram }[] = [];
  for (const subject of ready) {
    progress(`${program.name}: ${subject.name} compiles`);
    const own = join(directory, subject.name);
    await mkdir(own, { recursive: true });
    const code = await subject.compile(program.name, wasm, own);
    samples.add(subject.name, 'compile_ms', code.compileMs);
    samples.add(subject.name, 'code_bytes', code.codeBytes);
    compiled.push({ subject: subject.name, code });
  }
  const checksums = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    progress(`${program.name}: round ${round + 1} of ${rounds}`);
    for (const { subject, code } of compiled) {
      const { checksum, runMs } = await code.run();
      checksums.set(subject, checksum);
      for (const milliseconds of runMs) samples.add(subject, 'run_ms', milliseconds);
    }
  }
  if (new Set(checksums.values()).size > 1) {
    const each = [...checksums].map(([subject, checksum]) => `${subject} ${checksum}`);
    throw new Error(`${program.name}: the results differ: ${each.join(', ')}`);
  }
  return samples.rows();
}
