/**
 * Exceptions: one line on the serial port, in the words of the process target (docs/tender.md), then the end. It runs in
 * ring 0 on a stack of its own and uses nothing the image could have damaged.
 */
import type { Assembler, Label } from '../codegen/assembler.ts';
import { r8, r9, r10, r12, r13, rax, rbp, rcx, rdi, rdx, rsi, rsp } from '../codegen/registers.ts';
import { memoryReservation, memorySpan, stackGuard, stackStart } from './layout.ts';
import type { SerialText, Texts } from './serial-text.ts';
import { exceptionVectors } from './supervisor-data.ts';

export interface TrapPlan {
  readonly textStart: number;
  readonly textEnd: number;
  readonly stackEnd: number;
  readonly memoryCount: number;
}

/** Exceptions that push an error code (Intel SDM vol. 3A §6.13). */
const withErrorCode = new Set([8, 10, 11, 12, 13, 14, 17, 21, 29, 30]);

/** Offsets from the vector on the stack. */
const frame = { vector: 0, error: 8, rip: 16, cs: 24, rsp: 40 } as const;

const undefinedInstruction = 6;
const pageFault = 14;
const faultOnWrite = 2;
const faultOnFetch = 16;

interface Kind {
  readonly text: string;
  /** 128 + the signal the process target would have ended with. */
  readonly status: number;
}
const illegal = 132;
const bus = 135;
const arithmetic: Kind = { text: 'arithmetic', status: 136 };
const violation = 139;
const instruction: Kind = { text: 'instruction', status: illegal };
const protection: Kind = { text: 'protection', status: violation };

/** What is neither an illegal instruction nor a page fault; everything else counts as an illegal instruction. */
const kindOfVector: ReadonlyMap<number, Kind> = new Map([
  [0, arithmetic],
  [16, arithmetic],
  [19, arithmetic],
  [17, { text: 'bus', status: bus }],
  [10, protection],
  [11, protection],
  [12, protection],
  [13, protection],
]);

/** By trap code (docs/process-image.md). */
const trapCodeTexts: ReadonlyMap<number, string> = new Map([
  [1, 'unreachable'],
  [2, 'divide-by-zero'],
  [3, 'integer-overflow'],
  [4, 'invalid-conversion'],
  [5, 'undefined-element'],
  [6, 'type-mismatch'],
  [7, 'range'],
]);

/** In the place of a trap code (seal/codegen/flavours/virtio.ts). */
const serviceCode = 0x80;

const maximumCallers = 32;
const searchedBytes = 16_384;
const longestCall = 7;

/** Returns the entry of each vector. */
export function emitTraps(
  assembler: Assembler,
  plan: TrapPlan,
  services: Label,
  serial: SerialText,
  texts: Texts,
): readonly Label[] {
  const common = assembler.newLabel();
  const entries: Label[] = [];
  for (let vector = 0; vector < exceptionVectors; vector += 1) {
    entries.push(assembler.here());
    if (vector === undefinedInstruction) emitServiceCall(assembler, plan, services);
    if (!withErrorCode.has(vector)) assembler.raw(0x6a, 0); // push 0
    assembler.raw(0x6a, vector);
    assembler.jump(common);
  }
  const putHex = emitPutHex(assembler, serial);
  const isText = emitIsText(assembler, plan);
  const putCallers = emitPutCallers(assembler, plan, serial, putHex, isText);
  const putText = (text: string) => {
    assembler.op('lea', 64, rsi, { label: texts.label(text) });
    assembler.call(serial.putText);
  };

  assembler.bind(common);
  assembler.op('mov', 64, rbp, rsp);
  putText('trap ');
  const named = assembler.newLabel();
  emitKind(assembler, plan, texts, isText, named);
  assembler.bind(named);
  assembler.op('mov', 32, r13, rax);
  assembler.call(serial.putText);
  putText(' at ');
  assembler.op('mov', 64, rdi, { base: rbp, displacement: frame.rip });
  assembler.call(putHex);
  putText(' address ');
  assembler.op('xor', 32, rdi, rdi);
  assembler.immediate('cmp', 32, { base: rbp }, pageFault);
  const noAddress = assembler.skipIf('ne');
  assembler.raw(0x0f, 0x20, 0xd7); // mov rdi, cr2
  assembler.bind(noAddress);
  assembler.call(putHex);
  assembler.call(putCallers);
  putText('\n');
  assembler.op('mov', 32, rax, r13);
  assembler.jump(serial.end);
  return entries;
}

/**
 * `ud2` and the service code is no trap: go on behind it with what is asked for. Ring 3 has no better way that works
 * everywhere: where KVM runs guests in software, `int n` is an illegal instruction and `syscall` stays in ring 3.
 */
function emitServiceCall(assembler: Assembler, { textStart, textEnd }: TrapPlan, services: Label): void {
  assembler.op('mov', 64, rcx, { base: rsp });
  assembler.op('lea', 64, rdx, { base: rcx, displacement: -textStart });
  assembler.immediate('cmp', 64, rdx, textEnd - textStart - 2);
  const elsewhere = assembler.skipIf('ae');
  assembler.op('mov', 32, rdx, { base: rcx });
  assembler.immediate('and', 32, rdx, 0xff_ffff);
  assembler.immediate('cmp', 32, rdx, (serviceCode << 16) | 0x0b0f);
  const trap = assembler.skipIf('ne');
  assembler.immediate('add', 64, { base: rsp }, 3);
  assembler.jump(services);
  assembler.bind(elsewhere);
  assembler.bind(trap);
}

/** rsi ← text, eax ← status; then to `named`. */
function emitKind(assembler: Assembler, plan: TrapPlan, texts: Texts, isText: Label, named: Label): void {
  const found = ({ text, status }: Kind) => {
    assembler.op('lea', 64, rsi, { label: texts.label(text) });
    assembler.moveConstant(rax, BigInt(status));
    assembler.jump(named);
  };
  const when = (condition: 'e' | 'b', kind: Kind) => {
    const otherwise = assembler.skipIf(condition === 'e' ? 'ne' : 'ae');
    found(kind);
    assembler.bind(otherwise);
  };
  // A fault of the boot code itself: nothing an image does should lead here.
  assembler.testImmediate(32, { base: rbp, displacement: frame.cs }, 3);
  when('e', { text: 'supervisor', status: violation });
  assembler.op('mov', 32, rcx, { base: rbp });
  for (const [vector, kind] of kindOfVector) {
    assembler.immediate('cmp', 32, rcx, vector);
    when('e', kind);
  }
  assembler.immediate('cmp', 32, rcx, pageFault);
  const notPageFault = assembler.skipIf('ne');
  assembler.op('mov', 32, rcx, { base: rbp, displacement: frame.error });
  assembler.testImmediate(32, rcx, faultOnFetch);
  const notFetch = assembler.skipIf('e');
  found({ text: 'execute', status: violation });
  assembler.bind(notFetch);
  assembler.raw(0x0f, 0x20, 0xd0); // mov rax, cr2
  assembler.op('mov', 64, rdx, rax);
  assembler.shiftImmediate('shr', 64, rdx, Math.log2(memorySpan));
  assembler.immediate('sub', 64, rdx, 1);
  assembler.immediate('cmp', 64, rdx, plan.memoryCount);
  const notMemory = assembler.skipIf('ae');
  assembler.moveConstant(rdx, BigInt(memorySpan - 1));
  assembler.op('and', 64, rdx, rax);
  assembler.moveConstant(r8, BigInt(memoryReservation));
  assembler.op('cmp', 64, rdx, r8);
  when('b', { text: 'memory', status: violation });
  assembler.bind(notMemory);
  assembler.immediate('sub', 64, rax, stackGuard);
  assembler.immediate('cmp', 64, rax, stackStart - stackGuard);
  when('b', { text: 'stack', status: violation });
  assembler.testImmediate(32, rcx, faultOnWrite);
  when('e', { text: 'read', status: violation });
  found({ text: 'write', status: violation });

  assembler.bind(notPageFault);
  assembler.immediate('cmp', 32, rcx, undefinedInstruction);
  const notUndefined = assembler.skipIf('ne');
  assembler.op('mov', 64, rdi, { base: rbp, displacement: frame.rip });
  assembler.call(isText);
  const outside = assembler.skipIf('ae');
  assembler.op('mov', 32, rax, { base: rdi });
  assembler.raw(0x66); // cmp ax, imm16
  assembler.raw(0x3d, 0x0f, 0x0b);
  const noTrap = assembler.skipIf('ne');
  assembler.shiftImmediate('shr', 32, rax, 16);
  assembler.immediate('and', 32, rax, 0xff);
  for (const [code, text] of trapCodeTexts) {
    assembler.immediate('cmp', 32, rax, code);
    when('e', { text, status: illegal });
  }
  for (const label of [notUndefined, outside, noTrap]) assembler.bind(label);
  found(instruction);
}

/** `0x` and the digits of rdi, as few as possible. Changes rax, rbx, rcx, rdx, r8, r9, r10. */
function emitPutHex(assembler: Assembler, serial: SerialText): Label {
  const entry = assembler.here();
  for (const character of '0x') {
    assembler.moveConstant(rax, BigInt(character.charCodeAt(0)));
    assembler.call(serial.putByte);
  }
  assembler.op('mov', 64, r8, rdi);
  assembler.moveConstant(r9, 64n);
  assembler.op('xor', 32, r10, r10);
  const next = assembler.here();
  assembler.immediate('sub', 32, r9, 4);
  assembler.op('mov', 32, rcx, r9);
  assembler.op('mov', 64, rax, r8);
  assembler.shiftByCl('shr', 64, rax);
  assembler.immediate('and', 32, rax, 15);
  // Leading zeros are left out, the last digit never is.
  assembler.op('or', 32, r10, rax);
  const show = assembler.skipIf('ne');
  assembler.op('test', 32, r9, r9);
  assembler.jumpIf('ne', next);
  assembler.bind(show);
  assembler.immediate('add', 32, rax, 0x30);
  assembler.immediate('cmp', 32, rax, 0x39);
  const isDigit = assembler.skipIf('be');
  assembler.immediate('add', 32, rax, 0x27);
  assembler.bind(isDigit);
  assembler.call(serial.putByte);
  assembler.op('test', 32, r9, r9);
  assembler.jumpIf('ne', next);
  assembler.raw(0xc3);
  return entry;
}

/** Carry set when rdi lies in the image's code, not at its very end. Changes rax. */
function emitIsText(assembler: Assembler, { textStart, textEnd }: TrapPlan): Label {
  const entry = assembler.here();
  assembler.op('lea', 64, rax, { base: rdi, displacement: -textStart });
  assembler.immediate('cmp', 64, rax, textEnd - textStart - 2);
  assembler.raw(0xc3);
  return entry;
}

/** Compiled code keeps no frame pointers: words of the stack that point behind a call instruction are printed. */
function emitPutCallers(assembler: Assembler, plan: TrapPlan, serial: SerialText, putHex: Label, isText: Label): Label {
  const entry = assembler.here();
  const done = assembler.newLabel();
  const next = assembler.newLabel();
  const put = assembler.newLabel();
  assembler.op('mov', 64, rsi, { base: rbp, displacement: frame.rsp });
  assembler.immediate('add', 64, rsi, 7);
  assembler.immediate('and', 64, rsi, -8);
  assembler.moveConstant(rax, BigInt(stackStart));
  assembler.op('cmp', 64, rsi, rax);
  assembler.moveIf('b', 64, rsi, rax);
  assembler.op('lea', 64, r12, { base: rsi, displacement: searchedBytes });
  assembler.moveConstant(rax, BigInt(plan.stackEnd));
  assembler.op('cmp', 64, r12, rax);
  assembler.moveIf('a', 64, r12, rax);
  assembler.moveConstant(rcx, BigInt(maximumCallers));
  assembler.push(rcx);

  const look = assembler.here();
  assembler.op('cmp', 64, rsi, r12);
  assembler.jumpIf('ae', done);
  assembler.op('mov', 64, rdi, { base: rsi });
  assembler.immediate('add', 64, rsi, 8);
  assembler.call(isText);
  assembler.jumpIf('ae', next);
  assembler.immediate('sub', 64, rdi, longestCall);
  assembler.call(isText);
  assembler.jumpIf('ae', next);
  // E8 with a 32-bit distance, or FF /2 with any operand.
  assembler.op('movzx8', 32, rax, { base: rdi, displacement: longestCall - 5 });
  assembler.immediate('cmp', 32, rax, 0xe8);
  assembler.jumpIf('e', put);
  for (let length = 2; length <= longestCall; length += 1) {
    assembler.op('mov', 32, rax, { base: rdi, displacement: longestCall - length });
    assembler.immediate('and', 32, rax, 0x38ff);
    assembler.immediate('cmp', 32, rax, 0x10ff);
    assembler.jumpIf('e', put);
  }
  assembler.bind(next);
  assembler.jump(look);
  assembler.bind(put);
  assembler.moveConstant(rax, 0x20n);
  assembler.call(serial.putByte);
  assembler.immediate('add', 64, rdi, longestCall);
  assembler.call(putHex);
  assembler.immediate('sub', 64, { base: rsp }, 1);
  assembler.jumpIf('ne', look);
  assembler.bind(done);
  assembler.pop(rax);
  assembler.raw(0xc3);
  return entry;
}
