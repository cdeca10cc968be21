/**
 * What compiled code asks of the processor, checked once by every host program before anything else. Images need no check of
 * their own: the tender that enters them is such a program.
 */
import type { Label } from './assembler.ts';
import type { Program } from './emission.ts';
import { systemCallNumber } from './linux-calls.ts';
import { rax, rbx, rcx, rdi, rdx, rsi } from './registers.ts';

/** Bits of ecx after cpuid with eax = 1 (Intel SDM vol. 2, CPUID), and what needs them. */
const required: readonly { readonly bit: number; readonly name: string }[] = [
  { bit: 0, name: 'SSE3' },
  { bit: 9, name: 'SSSE3' },
  { bit: 19, name: 'SSE4.1' },
  { bit: 23, name: 'POPCNT' },
];

/** As shells report a program that cannot be executed. */
export const unsuitableProcessorStatus = 126;

const standardError = 2n;

/** Names on standard error what is missing and exits. Registers are free: this is the first code that runs. */
export function emitProcessorCheck({ assembler, literals, systemCalls }: Program): void {
  systemCalls.add('write');
  systemCalls.add('exit_group');
  const print = (text: string) => {
    const bytes = new TextEncoder().encode(text);
    const label: Label = literals.blob(bytes);
    assembler.op('lea', 64, rsi, { label });
    assembler.moveConstant(rdx, BigInt(bytes.length));
    assembler.moveConstant(rdi, standardError);
    assembler.moveConstant(rax, BigInt(systemCallNumber('write')));
    assembler.raw(0x0f, 0x05);
  };
  assembler.moveConstant(rax, 1n);
  assembler.raw(0x0f, 0xa2); // cpuid
  assembler.unary('not', 32, rcx);
  assembler.immediate(
    'and',
    32,
    rcx,
    required.reduce((mask, { bit }) => mask | (1 << bit), 0),
  );
  const suitable = assembler.skipIf('e');
  // System calls lose rcx.
  assembler.op('mov', 32, rbx, rcx);
  print('this processor lacks');
  for (const { bit, name } of required) {
    assembler.testImmediate(32, rbx, 1 << bit);
    const present = assembler.skipIf('e');
    print(` ${name}`);
    assembler.bind(present);
  }
  print(', which this program was compiled for\n');
  assembler.moveConstant(rdi, BigInt(unsuitableProcessorStatus));
  assembler.moveConstant(rax, BigInt(systemCallNumber('exit_group')));
  assembler.raw(0x0f, 0x05);
  assembler.bind(suitable);
}
