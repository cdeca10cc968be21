/** In ring 3 above the boot code of seal/virtio: what ring 3 may not do is asked for by an illegal instruction (docs/virtio.md). */
import { rax, rdi, rsi } from '../registers.ts';
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
    assembler.op('mov', 64, rsi, rax);
    assembler.moveConstant(rdi, BigInt(memory));
    assembler.moveConstant(rax, growNumber);
    assembler.raw(...supervisorCall);
    assembler.pop(rsi);
    assembler.op('test', 64, rax, rax);
    return assembler.skipIf('ne');
  },
  emitExit(assembler) {
    assembler.op('xor', 32, rdi, rdi);
    assembler.moveConstant(rax, exitNumber);
    assembler.raw(...supervisorCall);
  },
};
