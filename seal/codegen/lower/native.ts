/** Imports from module `linux`, inlined: system calls and intrinsics. */
import type { NumberType } from '../../decode/module.ts';
import { type Constraints, constraints } from '../constraints.ts';
import type { Emission, Program } from '../emission.ts';
import { type Intrinsic, intrinsics, type LinuxCall, linuxCalls } from '../linux-calls.ts';
import { type Location, registerLocation } from '../locations.ts';
import { memoryBase0, rax, rcx, rdi, rsi, rsp, scratch, systemCallRegisters } from '../registers.ts';
import { nowhere } from './rule.ts';

export const nativeModule = 'linux';

export type NativeFunction =
  | { readonly kind: 'system-call'; readonly call: LinuxCall }
  | { readonly kind: 'intrinsic'; readonly intrinsic: Intrinsic };

const byName = new Map<string, NativeFunction>([
  ...linuxCalls.map((call) => [call.name, { kind: 'system-call', call }] as const),
  ...intrinsics.map((intrinsic) => [intrinsic.name, { kind: 'intrinsic', intrinsic }] as const),
]);

export const findNative = (name: string): NativeFunction | undefined => byName.get(name);

/** What an imported function is; undefined for a function with code of its own. Imports are checked before. */
export function nativeFunction(program: Program, index: number): NativeFunction | undefined {
  const fn = program.module.functions[index];
  return fn?.kind === 'imported' ? byName.get(fn.field) : undefined;
}

export function nativeConstraints(native: NativeFunction): Constraints {
  if (native.kind === 'system-call') {
    const used = systemCallRegisters.slice(0, native.call.arity);
    // The kernel changes rcx and r11 (syscall stores rip and flags there) and rax.
    return constraints({
      uses: ['any'],
      result: 'any',
      clobbers: [rax, rcx, ...used.filter((register) => register !== rcx)],
      inputHints: used,
      resultHint: rax,
    });
  }
  switch (native.intrinsic.name) {
    case 'enter':
      return constraints({ uses: ['any'] });
    case 'poke8':
    case 'poke32':
    case 'poke64':
      return constraints({ uses: ['register', 'register'] });
    default:
      return constraints({ uses: ['register'] });
  }
}

export function emitNative(
  emission: Emission,
  native: NativeFunction,
  inputs: readonly Location[],
  results: readonly Location[],
): void {
  if (native.kind === 'system-call') {
    emitSystemCall(emission, native.call, inputs, results);
    return;
  }
  emitIntrinsic(emission, native.intrinsic, inputs, results[0] ?? nowhere);
}

function emitSystemCall(
  emission: Emission,
  call: LinuxCall,
  inputs: readonly Location[],
  results: readonly Location[],
): void {
  emission.program.systemCalls.add(call.name);
  const type: NumberType = 'i64';
  emission.moves(
    inputs.map((from, index) => ({ to: registerLocation(systemCallRegisters[index] ?? rax), from, type })),
  );
  emission.assembler.moveConstant(rax, BigInt(call.number));
  emission.assembler.raw(0x0f, 0x05);
  const [result] = results;
  if (result !== undefined) emission.move(result, registerLocation(rax), type);
}

function emitIntrinsic(
  emission: Emission,
  intrinsic: Intrinsic,
  [a = nowhere, b = nowhere, c = nowhere]: readonly Location[],
  result: Location,
): void {
  const { assembler, program } = emission;
  const { context, runtime } = program;
  switch (intrinsic.name) {
    case 'memory_base':
      assembler.op('mov', 64, emission.register(result), memoryBase0);
      return;
    case 'boot':
      assembler.op('mov', 64, scratch, { displacement: context.boot });
      assembler.op('mov', 64, emission.register(result), { base: scratch, index: emission.register(a), scale: 8 });
      return;
    case 'start_stack':
      assembler.op('mov', 64, emission.register(result), { displacement: context.boot });
      return;
    case 'peek8':
      assembler.op('movzx8', 32, emission.register(result), { base: emission.register(a) });
      return;
    case 'peek32':
      assembler.op('mov', 32, emission.register(result), { base: emission.register(a) });
      return;
    case 'peek64':
      assembler.op('mov', 64, emission.register(result), { base: emission.register(a) });
      return;
    case 'poke8':
      assembler.op('store8', 32, emission.register(b), { base: emission.register(a) });
      return;
    case 'poke32':
      assembler.op('store', 32, emission.register(b), { base: emission.register(a) });
      return;
    case 'poke64':
      assembler.op('store', 64, emission.register(b), { base: emission.register(a) });
      return;
    case 'signal_entry':
      assembler.op('lea', 64, emission.register(result), { label: runtime.signalEntry() });
      return;
    case 'enter':
      emission.moves([
        { to: registerLocation(rdi), from: b, type: 'i64' },
        { to: registerLocation(rsi), from: a, type: 'i64' },
        { to: registerLocation(rax), from: c, type: 'i64' },
      ]);
      assembler.op('mov', 64, rsp, rax);
      assembler.jumpThrough(rsi);
      return;
  }
}
