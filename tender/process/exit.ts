/** How an instance ended, in words: from its wait status and the line its signal handler left on the trap descriptor. */
import type { Exit } from '../instances.ts';
import type { KilledFor } from './frames.ts';
import type { SymbolTable } from './symbols.ts';
import { systemCallNames } from './system-call-names.ts';

export interface Ending {
  /** As `wait4` gives it. */
  readonly waitStatus: number;
  /** From the trap descriptor; an instance may write there what it likes. */
  readonly report: string;
  readonly imageName: string;
  readonly memoryLimitBytes: number;
  readonly killedFor: KilledFor;
  /** 0: none. */
  readonly timeLimitMs: number;
}

export type Verdict = Pick<Exit, 'code' | 'signal' | 'reason' | 'message'>;

/** Status with which the tender's child ends when it cannot become the image; the report says why. */
export const bootFailedStatus = 125;

const functionsShown = 8;
const signalNames: Readonly<Record<number, string>> = {
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  15: 'SIGTERM',
  31: 'SIGSYS',
};

/** Kinds the signal handler knows (tender/guest/trap.ts). */
const trapKinds: Readonly<Record<string, string>> = {
  unreachable: 'unreachable code reached',
  'divide-by-zero': 'integer divided by zero',
  'integer-overflow': 'integer overflow',
  'invalid-conversion': 'a float that no integer can hold was converted to one',
  'undefined-element': 'undefined table element called',
  'type-mismatch': 'indirect call to a function of another type',
  range: 'memory or table operation out of bounds',
  memory: 'out of bounds memory access',
  stack: 'stack exhausted',
  arithmetic: 'integer divided by zero or overflow',
  execute: 'tried to execute memory that is not code',
  write: 'wrote to memory that is not its own',
  read: 'read memory that is not its own',
  protection: 'general protection fault',
  instruction: 'illegal instruction',
  bus: 'bus error',
};

interface TrapLine {
  readonly kind: string;
  readonly places: readonly bigint[];
  readonly address: string;
}

const trapPattern = /^trap ([a-z0-9-]+) at (0x[0-9a-f]+) address (0x[0-9a-f]+)((?: 0x[0-9a-f]+){0,32})$/m;

const parseTrapLine = (report: string): TrapLine | undefined => {
  const [, kind, place, address, callers = ''] = trapPattern.exec(report) ?? [];
  if (kind === undefined || place === undefined || address === undefined) return undefined;
  return { kind, address, places: [place, ...callers.split(' ').filter((word) => word !== '')].map(BigInt) };
};

/** Where an application's uncaught error ends: it has said on the console which one it was. */
const isAbort = (name: string): boolean => name.endsWith('/abort');

/** Innermost first, a function that called itself once. Return addresses point after the call: the byte before is looked up. */
const namesOf = (line: TrapLine, symbols: SymbolTable | undefined): readonly string[] => {
  const [first = 0n, ...callers] = line.places;
  const at = symbols?.nameAt(first) ?? `0x${first.toString(16)}`;
  const names = [at, ...callers.flatMap((address) => symbols?.nameAt(address - 1n) ?? [])];
  return names.filter((name, index) => name !== names[index - 1]);
};

const describePlace = (names: readonly string[]): string => names.slice(0, functionsShown).join(' ← ');

const isAllocator = (name: string): boolean => name.startsWith('~lib/rt/');

/** AssemblyScript's allocators are compiled without assertions: the only trap left in them is memory that did not grow. */
const ranOutOfMemory = (line: TrapLine, names: readonly string[]): boolean =>
  line.kind === 'unreachable' && isAllocator(names[0] ?? '');

const describeTrap = (
  line: TrapLine,
  ending: Ending,
  symbols: SymbolTable | undefined,
): Pick<Verdict, 'reason' | 'message'> => {
  const names = namesOf(line, symbols);
  const place = describePlace(names);
  const [, foreign, number] = /^(foreign-)?system-call-(\d+)$/.exec(line.kind) ?? [];
  if (number !== undefined) {
    const name = foreign ? 'of another architecture' : (systemCallNames[Number(number)] ?? 'unknown');
    const call = `system call ${foreign ? `${number} ${name}` : `${name} (${number})`}`;
    const message = `tried ${call} in ${place}, which image ${ending.imageName} may not use like this`;
    return { reason: 'SystemCallDenied', message };
  }
  if (ranOutOfMemory(line, names)) {
    const limitMiB = (ending.memoryLimitBytes / 1_048_576).toFixed(1);
    const asking = describePlace(names.filter((name) => !isAllocator(name)));
    return { reason: 'OutOfMemory', message: `out of memory in ${asking}; the limit is ${limitMiB} MiB` };
  }
  const [innermost = '', ...callers] = names;
  if (line.kind === 'unreachable' && isAbort(innermost)) {
    return {
      reason: 'Trap',
      message: `uncaught error in ${describePlace(callers)}; the last line of its log says which`,
    };
  }
  const words = trapKinds[line.kind] ?? line.kind;
  const showsAddress = ['memory', 'execute', 'write', 'read'].includes(line.kind);
  return { reason: 'Trap', message: `${words} in ${place}${showsAddress ? ` (address ${line.address})` : ''}` };
};

const describeSignal = (signal: number, ending: Ending): Pick<Verdict, 'reason' | 'message'> => {
  if (ending.killedFor === 'stop') {
    return { reason: 'Killed', message: 'stopped: did not end by itself within the grace time' };
  }
  if (ending.killedFor === 'time-limit') {
    return {
      reason: 'DeadlineExceeded',
      message: `killed: it ran longer than its time limit of ${ending.timeLimitMs} ms`,
    };
  }
  const name = signalNames[signal] ?? `signal ${signal}`;
  if (signal === 9) {
    return {
      reason: 'Killed',
      message: `killed by ${name} from outside: the machine ran out of memory or somebody sent it`,
    };
  }
  return { reason: 'Killed', message: `killed by ${name}` };
};

/** Names of functions and what a failed boot said are the image's own words: they reach terminals and the kernel's store. */
const messageCharacters = 1024;
const printable = (text: string): string => {
  const plain = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();
  return plain.length <= messageCharacters ? plain : `${plain.slice(0, messageCharacters - 1)}…`;
};

export const describeExit = (ending: Ending, symbols?: SymbolTable): Verdict => {
  const verdict = judge(ending, symbols);
  return { ...verdict, message: printable(verdict.message) };
};

/** Lines of the monitor of a virtual machine (tender/guest/hvt/verdict.ts; `monitor`: tender/guest/trap.ts). */
const describeMachine = (report: string): Pick<Verdict, 'reason' | 'message'> | undefined => {
  const [, kind, text = ''] = /^(rule|machine|monitor) (.*)$/m.exec(report) ?? [];
  switch (kind) {
    case 'rule':
      return { reason: 'SystemCallDenied', message: `broke a rule of its virtual machine: ${text}` };
    case 'machine':
      return { reason: 'Error', message: `its virtual machine ${text}` };
    case 'monitor':
      return { reason: 'Error', message: `the monitor of its virtual machine failed: ${text}` };
    default:
      return undefined;
  }
};

const judge = (ending: Ending, symbols: SymbolTable | undefined): Verdict => {
  const signal = ending.waitStatus & 0x7f;
  if (signal !== 0) return { code: 128 + signal, signal, ...describeSignal(signal, ending) };

  const code = (ending.waitStatus >> 8) & 0xff;
  if (code === 0) return { code, signal: 0, reason: 'Completed', message: 'completed' };
  const line = parseTrapLine(ending.report);
  if (line && code > 128) return { code, signal: code - 128, ...describeTrap(line, ending, symbols) };
  const monitored = code > 128 ? describeMachine(ending.report) : undefined;
  if (monitored) return { code, signal: code - 128, ...monitored };
  if (code === bootFailedStatus && ending.report.startsWith('boot: ')) {
    return {
      code,
      signal: 0,
      reason: 'Error',
      message: `could not boot: ${ending.report.slice('boot: '.length).trim()}`,
    };
  }
  return { code, signal: 0, reason: 'Error', message: `exited with status ${code}` };
};
