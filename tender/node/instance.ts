/** One run of a linked module in V8, from instantiation to its exit in words. */
import { machineModule } from '@diatom/libos';
import type { Exit } from '../instances.ts';
import { promising } from './jspi.ts';
import { GuestExit, GuestFault, Killed, Machine, type MachineOptions } from './machine.ts';

export interface Instance {
  readonly startedAt: string;
  /** Settles once, never rejects. */
  readonly exit: Promise<Exit>;
  drain(): void;
  kill(): void;
}

/** `timeLimitMs`: 0 for none. V8 shares its thread with the guest, so a guest that never waits outlives its limit here. */
export function startInstance(module: WebAssembly.Module, options: MachineOptions, timeLimitMs = 0): Instance {
  const machine = new Machine(options);
  const startedAt = new Date().toISOString();
  const run = async (): Promise<Exit> => {
    let isOverdue = false;
    const overdue = (): void => {
      isOverdue = true;
      machine.kill();
    };
    const timer = timeLimitMs > 0 ? setTimeout(overdue, timeLimitMs) : undefined;
    const outcome = await runGuest(module, machine);
    clearTimeout(timer);
    machine.dispose();
    const ended = outcome.reason === 'Killed' && isOverdue ? deadlineExceeded(timeLimitMs) : outcome;
    return { ...ended, signal: 0, startedAt, finishedAt: new Date().toISOString() };
  };
  return { startedAt, exit: run(), drain: () => machine.drain(), kill: () => machine.kill() };
}

type Outcome = Pick<Exit, 'code' | 'reason' | 'message'>;

function deadlineExceeded(timeLimitMs: number): Outcome {
  return {
    code: trapCodes.killed,
    reason: 'DeadlineExceeded',
    message: `killed: it ran longer than its time limit of ${timeLimitMs} ms`,
  };
}

async function runGuest(module: WebAssembly.Module, machine: Machine): Promise<Outcome> {
  try {
    const instance = await WebAssembly.instantiate(module, { [machineModule]: machine.imports() });
    const { memory, _start: start } = instance.exports;
    if (!(memory instanceof WebAssembly.Memory) || typeof start !== 'function') {
      return { code: 1, reason: 'Error', message: 'not a linked image: it exports no memory or no _start' };
    }
    machine.attach(memory);
    await promising(start as () => void)();
    return { code: 0, reason: 'Completed', message: 'the program ended' };
  } catch (error) {
    return describe(error);
  }
}

/** As the process target reports it: 128 + SIGILL for traps, 128 + SIGSEGV for memory and stack. */
const trapCodes = { illegalInstruction: 132, segmentationFault: 139, killed: 137 } as const;

function describe(error: unknown): Outcome {
  if (error instanceof GuestExit) {
    return error.status === 0
      ? { code: 0, reason: 'Completed', message: 'exit status 0' }
      : { code: error.status, reason: 'Error', message: `exit status ${error.status}` };
  }
  if (error instanceof Killed) return { code: trapCodes.killed, reason: 'Killed', message: 'stopped by the tender' };
  if (error instanceof GuestFault) {
    return { code: trapCodes.illegalInstruction, reason: 'Trap', message: `bad machine call: ${error.message}` };
  }
  if (isTrap(error)) {
    const memoryFault = error instanceof RangeError || /memory|out of bounds/.test(error.message);
    return {
      code: memoryFault ? trapCodes.segmentationFault : trapCodes.illegalInstruction,
      reason: 'Trap',
      message: trapMessage(error),
    };
  }
  return { code: 1, reason: 'Error', message: error instanceof Error ? error.message : String(error) };
}

/** Stack exhaustion is a RangeError in V8. */
function isTrap(error: unknown): error is Error {
  return error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
}

/** Where an application's uncaught error ends: it has said on the console which one it was. */
const abort = '~lib/diatom/abort/abort';

/** In the words of the process target (tender/process/exit.ts); innermost function first. */
function trapMessage(error: Error): string {
  const [innermost, ...callers] = wasmStack(error.stack ?? '');
  if (innermost === undefined) return `trap: ${error.message}`;
  return innermost === abort
    ? `uncaught error in ${callers.join(' ← ')}; the last line of its log says which`
    : `trap: ${error.message} in ${[innermost, ...callers].join(' ← ')}`;
}

/** Names from V8's `at NAME (wasm://wasm/...)` lines. */
function wasmStack(stack: string): readonly string[] {
  return stack
    .split('\n')
    .filter((line) => line.includes('wasm://'))
    .map((line) => /^\s*at (?:\w+\.)?(.+) \(wasm:/.exec(line)?.[1] ?? 'unnamed function');
}
