/** Imports from module `linux`, inlined: system calls and intrinsics. */
import type { NumberType } from '../../decode/module.ts';
import { type Constraints, constraints } from '../constraints.ts';
import type { Emission, Program } from '../emission.ts';
import { type Intrinsic, intrinsics } from '../intrinsics.ts';
import { type LinuxCall, linuxCalls } from '../linux-calls.ts';
import { type Location, registerLocation } from '../locations.ts';
import { rax, rcx, systemCallRegisters } from '../registers.ts';
import { intrinsicRules } from './intrinsic.ts';
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
  if (native.kind === 'intrinsic') return intrinsicRules[native.intrinsic.name].constraints;
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

export function emitNative(
  emission: Emission,
  native: NativeFunction,
  inputs: readonly Location[],
  results: readonly Location[],
): void {
  if (native.kind === 'intrinsic') intrinsicRules[native.intrinsic.name].emit(emission, inputs, results[0] ?? nowhere);
  else emitSystemCall(emission, native.call, inputs, results);
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
