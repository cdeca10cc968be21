/** What the code of one function asks the rest of the image for, in the order it asks: asked again, the image is the same. */
import type { Label } from '../assembler.ts';
import type { Program } from '../emission.ts';

export type Request =
  | readonly ['f32' | 'f64' | 'mask' | 'vector', string]
  | readonly ['copy' | 'fill' | 'signal']
  | readonly ['grow', number]
  | readonly ['system-call', string];

export interface JumpTable {
  readonly label: Label;
  readonly targets: readonly Label[];
}

export interface Recording {
  /** The program, listening. */
  readonly program: Program;
  readonly requests: readonly Request[];
  /** Answer to each request; undefined for a system call, which has none. */
  readonly answers: readonly (Label | undefined)[];
  readonly jumpTables: readonly JumpTable[];
}

export function ask(program: Program, [what, argument]: Request): Label | undefined {
  const { literals, runtime, systemCalls } = program;
  switch (what) {
    case 'f32':
    case 'f64':
      return literals.float(what, BigInt(argument));
    case 'mask':
    case 'vector':
      return literals[what](BigInt(argument));
    case 'copy':
    case 'fill':
      return runtime[what]();
    case 'signal':
      return runtime.signalEntry();
    case 'grow':
      return runtime.grow(argument);
    case 'system-call':
      systemCalls.add(argument);
      return undefined;
  }
}

export function startRecording(program: Program): Recording {
  const requests: Request[] = [];
  const answers: (Label | undefined)[] = [];
  const jumpTables: JumpTable[] = [];
  const note = (request: Request): Label | undefined => {
    const answer = ask(program, request);
    // Only the first time says anything about the order.
    if (answer === undefined || !answers.includes(answer)) {
      requests.push(request);
      answers.push(answer);
    }
    return answer;
  };
  const labelled = (request: Request): Label => {
    const label = note(request);
    if (label === undefined) throw new Error(`${request.join(' ')} has no place`);
    return label;
  };
  const literals: Program['literals'] = {
    float: (type, bits) => labelled([type, String(bits)]),
    mask: (bits) => labelled(['mask', String(bits)]),
    vector: (bits) => labelled(['vector', String(bits)]),
    blob: (bytes) => program.literals.blob(bytes),
    jumpTable(targets) {
      const label = program.literals.jumpTable(targets);
      jumpTables.push({ label, targets });
      return label;
    },
  };
  const runtime: Program['runtime'] = {
    copy: () => labelled(['copy']),
    fill: () => labelled(['fill']),
    grow: (memory) => labelled(['grow', memory]),
    signalEntry: () => labelled(['signal']),
  };
  const systemCalls: Program['systemCalls'] = { add: (name) => note(['system-call', name]) };
  return { program: { ...program, literals, runtime, systemCalls }, requests, answers, jumpTables };
}
