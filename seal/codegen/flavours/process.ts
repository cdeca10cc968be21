/** Mapped, confined and entered by the native tender; the memory is reserved, growing it lifts the protection. */
import { rdx } from '../registers.ts';
import { emitExitGroup, emitSystemCall, skipOnError } from './linux-kernel.ts';
import { type FlavourRules, imageBase, noteTargets } from './rules.ts';

const readWrite = 3n; // PROT_READ | PROT_WRITE

export const processRules: FlavourRules = {
  noteTarget: noteTargets.process,
  enteredBy: 'tender',
  baseAddress: imageBase,
  growSystemCall: 'mprotect',
  exitSystemCall: 'exit_group',
  emitGrow(assembler) {
    assembler.moveConstant(rdx, readWrite);
    emitSystemCall(assembler, 'mprotect');
    return skipOnError(assembler);
  },
  emitExit: emitExitGroup,
};
