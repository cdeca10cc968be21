/** Host programs of our own, started by execve: nothing is reserved for them, growing a memory maps new pages. */
import { r8, r9, r10, rdx } from '../registers.ts';
import { emitExitGroup, emitSystemCall, skipOnError } from './linux-kernel.ts';
import { type FlavourRules, noteTargets } from './rules.ts';

const readWrite = 3n; // PROT_READ | PROT_WRITE
const mapFlags = 0x100022n; // MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE

export const linuxRules: FlavourRules = {
  noteTarget: noteTargets.linux,
  enteredBy: 'kernel',
  // Apart from images, so that the tender can map one beside itself.
  baseAddress: 0x4000_0000,
  growSystemCall: 'mmap',
  exitSystemCall: 'exit_group',
  emitGrow(assembler) {
    assembler.moveConstant(rdx, readWrite);
    assembler.moveConstant(r10, mapFlags);
    assembler.moveConstant(r8, -1n);
    assembler.moveConstant(r9, 0n);
    emitSystemCall(assembler, 'mmap');
    return skipOnError(assembler);
  },
  emitExit: emitExitGroup,
};
