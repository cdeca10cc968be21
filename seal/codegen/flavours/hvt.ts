/** In ring 3 of a virtual machine of our own monitor: hypercalls are port writes, their arguments in the control page (docs/hvt.md). */
import type { Assembler } from '../assembler.ts';
import { rax } from '../registers.ts';
import { type FlavourRules, imageBase, noteTargets } from './rules.ts';

const growPort = 0x12;
const exitPort = 0x13;
const growMemory = 0x4000_0030;
const growBytes = 0x4000_0038;
const growResult = 0x4000_0040;

/** out PORT, eax */
const emitOut = (assembler: Assembler, port: number) => assembler.raw(0xe7, port);

export const hvtRules: FlavourRules = {
  noteTarget: noteTargets.hvt,
  enteredBy: 'tender',
  baseAddress: imageBase,
  growSystemCall: undefined,
  exitSystemCall: undefined,
  emitGrow(assembler, memory) {
    assembler.storeConstant(32, { displacement: growMemory }, memory);
    assembler.op('store', 64, rax, { displacement: growBytes });
    emitOut(assembler, growPort);
    assembler.immediate('cmp', 32, { displacement: growResult }, 0);
    return assembler.skipIf('ne');
  },
  emitExit(assembler) {
    assembler.op('xor', 32, rax, rax);
    emitOut(assembler, exitPort);
  },
};
