/** The first code of an image: fetch what the tender, the monitor or the kernel left, then start function, then the entry export. */
import { trapCodes } from '../ir/ir.ts';
import type { Label } from './assembler.ts';
import type { Program } from './emission.ts';
import { flavourRules } from './flavours/index.ts';
import { emitProcessorCheck } from './processor.ts';
import { memoryBase0, memoryBase1, rax, rdi, rsp } from './registers.ts';

/** Word of the boot block with the base of memory 0; the others follow. */
const firstMemoryWord = 8;

export function emitEntry(program: Program, entry: Label, start: Label | undefined): void {
  const { assembler, context, flavour, systemCalls } = program;
  const rules = flavourRules[flavour];
  const isEnteredByTender = rules.enteredBy === 'tender';
  // A tender has checked the processor it runs on itself.
  if (!isEnteredByTender) emitProcessorCheck(program);
  assembler.op('store', 64, isEnteredByTender ? rdi : rsp, { displacement: context.boot });
  for (const [memory, cell] of context.memories.entries()) {
    const register = memory === 0 ? memoryBase0 : memory === 1 ? memoryBase1 : rax;
    if (isEnteredByTender) {
      assembler.op('mov', 64, register, { base: rdi, displacement: (firstMemoryWord + memory) * 8 });
      assembler.op('store', 64, register, { displacement: cell.base });
    } else if (memory < 2) assembler.op('mov', 64, register, { displacement: cell.base });
  }
  if (start !== undefined) assembler.call(start);
  assembler.call(entry);
  // An entry that returns has ended well.
  if (rules.exitSystemCall !== undefined) systemCalls.add(rules.exitSystemCall);
  rules.emitExit(assembler);
  assembler.raw(0x0f, 0x0b, trapCodes.unreachable);
}
