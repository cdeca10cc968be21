/** Routines compiled code calls instead of repeating them: emitted once behind the functions, and only when called. */
import type { Flavour } from '../compile.ts';
import type { Assembler, Label } from './assembler.ts';
import { emitCopy, emitFill } from './block-operations.ts';
import type { ContextLayout } from './context-layout.ts';
import { type FlavourRules, flavourRules } from './flavours/index.ts';
import { systemCallNumber } from './linux-calls.ts';
import { memoryBase0, memoryBase1, rax, rdi, rsi, rsp } from './registers.ts';

export interface RoutineSpan {
  readonly name: string;
  readonly address: number;
  readonly sizeBytes: number;
}

export class Runtime {
  private readonly assembler: Assembler;
  private readonly context: ContextLayout;
  private readonly rules: FlavourRules;
  private readonly systemCalls: Set<string>;
  private readonly wanted = new Map<string, { readonly label: Label; readonly emit: () => void }>();

  constructor(assembler: Assembler, context: ContextLayout, flavour: Flavour, systemCalls: Set<string>) {
    this.assembler = assembler;
    this.context = context;
    this.rules = flavourRules[flavour];
    this.systemCalls = systemCalls;
  }

  private want(name: string, emit: () => void): Label {
    let routine = this.wanted.get(name);
    if (routine === undefined) {
      routine = { label: this.assembler.newLabel(), emit };
      this.wanted.set(name, routine);
    }
    return routine.label;
  }

  /** Move rcx bytes from rsi to rdi, which may overlap. Changes rax, rcx, rsi, rdi and the copy scratch register. */
  copy(): Label {
    return this.want('seal:copy', () => emitCopy(this.assembler));
  }

  /** Set rcx bytes from rdi on to the low byte of rsi. Changes rax, rcx, rsi, rdi. */
  fill(): Label {
    return this.want('seal:fill', () => emitFill(this.assembler));
  }

  /** rdi: pages to add to the memory; eax: pages before, or -1. Changes what a call changes. */
  grow(memory: number): Label {
    const { growSystemCall } = this.rules;
    if (growSystemCall !== undefined) this.systemCalls.add(growSystemCall);
    return this.want(`seal:grow[${memory}]`, () => this.emitGrow(memory));
  }

  /** Signal handler for rt_sigaction. */
  signalEntry(): Label {
    return this.want('seal:signal', () => this.emitSignal());
  }

  /** Where signals go; without it a module that asks for the signal entry is refused before. */
  onSignal: Label | undefined;

  /**
   * The kernel comes here with signo, info, context in the registers of the first three arguments and everything else
   * as the interrupted code left it, which may be an image with other memory bases. All registers come back from the
   * signal frame, which lies behind the return address.
   */
  private emitSignal(): void {
    const { assembler, onSignal } = this;
    if (onSignal === undefined) throw new Error('signal_entry without an export on_signal');
    assembler.raw(0xfc); // cld
    for (const [memory, cell] of this.context.memories.slice(0, 2).entries()) {
      assembler.op('mov', 64, memory === 0 ? memoryBase0 : memoryBase1, { displacement: cell.base });
    }
    assembler.op('mov', 32, rdi, rdi);
    assembler.call(onSignal);
    assembler.immediate('add', 64, rsp, 8);
    assembler.moveConstant(rax, BigInt(systemCallNumber('rt_sigreturn')));
    assembler.raw(0x0f, 0x05);
  }

  private emitGrow(memory: number): void {
    const { assembler } = this;
    const cell = this.context.memories[memory];
    if (cell === undefined) throw new Error(`memory ${memory} does not exist`);
    assembler.op('mov', 32, rsi, rdi);
    assembler.shiftImmediate('shl', 64, rsi, 16);
    assembler.op('mov', 64, rdi, { displacement: cell.size });
    assembler.op('lea', 64, rax, { base: rdi, index: rsi });
    assembler.op('cmp', 64, rax, { displacement: cell.maximum });
    const tooLarge = assembler.skipIf('a');
    assembler.op('test', 64, rsi, rsi);
    const nothing = assembler.skipIf('e');
    assembler.op('add', 64, rdi, { displacement: cell.base });
    const failed = this.rules.emitGrow(assembler, memory);
    assembler.bind(nothing);
    assembler.op('mov', 64, rax, { displacement: cell.size });
    assembler.op('add', 64, rsi, rax);
    assembler.op('store', 64, rsi, { displacement: cell.size });
    assembler.shiftImmediate('shr', 64, rax, 16);
    assembler.raw(0xc3);
    assembler.bind(tooLarge);
    assembler.bind(failed);
    assembler.moveConstant(rax, 0xffff_ffffn);
    assembler.raw(0xc3);
  }

  emit(): readonly RoutineSpan[] {
    const spans: RoutineSpan[] = [];
    for (const [name, { label, emit }] of this.wanted) {
      this.assembler.align(16, 0xcc);
      const address = this.assembler.address;
      this.assembler.bind(label);
      const region = this.assembler.startRegion();
      emit();
      this.assembler.endRegion(region);
      spans.push({ name, address, sizeBytes: this.assembler.address - address });
    }
    return spans;
  }
}

/** Register with the base of a memory, loaded into `otherwise` when it has none of its own. */
export function memoryBase(assembler: Assembler, context: ContextLayout, memory: number, otherwise: number): number {
  if (memory === 0) return memoryBase0;
  if (memory === 1) return memoryBase1;
  assembler.op('mov', 64, otherwise, { displacement: context.memories[memory]?.base ?? 0 });
  return otherwise;
}
