/** The first code of an image: fetch what the tender or the kernel left, then start function, then the entry export. */
import type { Label } from './assembler.ts';
import type { Program } from './emission.ts';
import { emitProcessorCheck } from './processor.ts';
import { memoryBase0, memoryBase1, rax, rdi, rsp } from './registers.ts';
import { systemCallNumber } from './runtime.ts';

/** Word of the boot block with the base of memory 0; the others follow. */
const firstMemoryWord = 8;

export function emitEntry(program: Program, entry: Label, start: Label | undefined): void {
  const { assembler, context, flavour, systemCalls } = program;
  if (flavour === 'linux') emitProcessorCheck(program);
  // `process`: rdi is the boot block. `linux`: the kernel leaves argc at rsp.
  assembler.op('store', 64, flavour === 'process' ? rdi : rsp, { displacement: context.boot });
  for (const [memory, cell] of context.memories.entries()) {
    const register = memory === 0 ? memoryBase0 : memory === 1 ? memoryBase1 : rax;
    if (flavour === 'process') {
      assembler.op('mov', 64, register, { base: rdi, displacement: (firstMemoryWord + memory) * 8 });
      assembler.op('store', 64, register, { displacement: cell.base });
    } else if (memory < 2) assembler.op('mov', 64, register, { displacement: cell.base });
  }
  if (start !== undefined) assembler.call(start);
  assembler.call(entry);
  // An entry that returns has ended well.
  systemCalls.add('exit_group');
  assembler.op('xor', 32, rdi, rdi);
  assembler.moveConstant(rax, BigInt(systemCallNumber('exit_group')));
  assembler.raw(0x0f, 0x05, 0x0f, 0x0b, 1);
}
