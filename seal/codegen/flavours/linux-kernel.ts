/** What `process` and `linux` share: both ask the Linux kernel. */
import type { Assembler, Label } from '../assembler.ts';
import { systemCallNumber } from '../linux-calls.ts';
import { rax, rdi } from '../registers.ts';

/** The system call by name, its arguments being in place. */
export function emitSystemCall(assembler: Assembler, name: string): void {
  assembler.moveConstant(rax, BigInt(systemCallNumber(name)));
  assembler.raw(0x0f, 0x05);
}

/** To the label when rax is -4095 … -1 (syscall(2)). */
export function skipOnError(assembler: Assembler): Label {
  assembler.immediate('cmp', 64, rax, -4096);
  return assembler.skipIf('a');
}

export function emitExitGroup(assembler: Assembler): void {
  assembler.op('xor', 32, rdi, rdi);
  emitSystemCall(assembler, 'exit_group');
}
