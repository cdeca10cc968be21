/** In ring 3 above the boot code of seal/virtio: what ring 3 may not do is asked for by an illegal instruction (docs/virtio.md). */
import { rax, rcx, rdi, rsi } from '../registers.ts';
import { type FlavourRules, imageBase, noteTargets } from './rules.ts';

const growNumber = 1n;
const exitNumber = 2n;

/**
 * ud2 with a code that is no trap's. Ring 0 keeps what a called function keeps, and every vector register; the result is
 * in rax. Not `int n` or `syscall`: where KVM runs guests in software, neither leads from ring 3 to ring 0.
 */
export const supervisorCall: readonly number[] = [0x0f, 0x0b, 0x80];

export const virtioRules: FlavourRules = {
  noteTarget: noteTargets.virtio,
  enteredBy: 'tender',
  baseAddress: imageBase,
  growSystemCall: undefined,
  exitSystemCall: undefined,
  emitGrow(assembler, memory) {
    assembler.push(rsi);
    assembler.push(rdi);
    assembler.op('mov', 64, rsi, rax);
    assembler.moveConstant(rdi, BigInt(memory));
    assembler.moveConstant(rax, growNumber);
    assembler.raw(...supervisorCall);
    assembler.pop(rdi);
    assembler.pop(rsi);
    assembler.op('test', 64, rax, rax);
    const failed = assembler.skipIf('ne');
    // Zero here and not in ring 0, which may be slow: a machine that was reset still has what it had before.
    assembler.op('mov', 64, rcx, rsi);
    assembler.raw(0xf3, 0xaa); // rep stosb
    return failed;
  },
  emitExit(assembler) {
    assembler.op('xor', 32, rdi, rdi);
    assembler.moveConstant(rax, exitNumber);
    assembler.raw(...supervisorCall);
  },
};
