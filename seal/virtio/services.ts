/** What ring 3 asks ring 0 for by an illegal instruction: rax = number, rdi and rsi = arguments, rax = result (docs/virtio.md). */
import type { Assembler, Label } from '../codegen/assembler.ts';
import { r8, r9, r10, rax, rcx, rdi, rdx, rsi } from '../codegen/registers.ts';
import { deviceSlots, deviceWindow, memorySpan, pageBytes, supervisorApic } from './layout.ts';
import { directoryEntries, tableEntries } from './page-tables.ts';
import type { SerialText } from './serial-text.ts';
import { memoryRecordBytes, type SupervisorData } from './supervisor-data.ts';

const services = { wait: 0, grow: 1, exit: 2, mapDevice: 3 } as const;

const iretq = [0x48, 0xcf] as const;
const pageEntry = 0x8000_0000_0000_0007n; // no-execute, user, writable, present
const tableEntry = 7;
const deviceEntry = 0x8000_0000_0000_001fn; // the same, uncached
const pageBits = 12;
const directoryBits = 21;
const endOfInterrupt = 0xb0;

/** Register use: r8 linear address, r9 bytes left, r10 next free physical page. All may change (docs/process-image.md). */
export function emitServices(
  assembler: Assembler,
  data: SupervisorData,
  memoryCount: number,
  serial: SerialText,
): void {
  const refuse = assembler.newLabel();
  const choose = (number: number) => {
    assembler.immediate('cmp', 32, rax, number);
    return assembler.skipIf('ne');
  };

  const notWait = choose(services.wait);
  // Nothing is lost between the look at the queues and here: what came meanwhile ends the hlt at once.
  assembler.raw(0xfb, 0xf4, 0xfa); // sti, hlt, cli
  assembler.raw(...iretq);
  assembler.bind(notWait);

  const notGrow = choose(services.grow);
  emitGrow(assembler, data, memoryCount, refuse);
  assembler.bind(notGrow);

  const notExit = choose(services.exit);
  assembler.op('mov', 32, rax, rdi);
  assembler.jump(serial.end);
  assembler.bind(notExit);

  assembler.immediate('cmp', 32, rax, services.mapDevice);
  assembler.jumpIf('ne', refuse);
  emitMapDevice(assembler, data, refuse);

  assembler.bind(refuse);
  assembler.moveConstant(rax, -1n);
  assembler.raw(...iretq);
}

function emitGrow(assembler: Assembler, data: SupervisorData, memoryCount: number, refuse: Label): void {
  assembler.immediate('cmp', 64, rdi, memoryCount);
  assembler.jumpIf('ae', refuse);
  assembler.shiftImmediate('shl', 64, rdi, Math.log2(memoryRecordBytes));
  const size = { base: rdi, displacement: data.memories };
  assembler.op('mov', 64, rcx, size);
  assembler.op('cmp', 64, rsi, rcx);
  assembler.jumpIf('be', refuse);
  assembler.op('cmp', 64, rsi, { base: rdi, displacement: data.memories + 8 });
  assembler.jumpIf('a', refuse);
  assembler.testImmediate(32, rsi, pageBytes - 1);
  assembler.jumpIf('ne', refuse);
  assembler.op('mov', 64, r8, rdi);
  assembler.shiftImmediate('shl', 64, r8, Math.log2(memorySpan / memoryRecordBytes));
  assembler.moveConstant(rax, BigInt(memorySpan));
  assembler.op('add', 64, r8, rax);
  assembler.op('add', 64, r8, rcx);
  assembler.op('mov', 64, r9, rsi);
  assembler.op('sub', 64, r9, rcx);
  assembler.op('mov', 64, r10, { displacement: data.free });
  // Pages, and a page table for every 2 MiB begun.
  assembler.op('mov', 64, rax, r9);
  assembler.shiftImmediate('shr', 64, rax, directoryBits);
  assembler.immediate('add', 64, rax, 2);
  assembler.shiftImmediate('shl', 64, rax, pageBits);
  assembler.op('add', 64, rax, r9);
  assembler.op('add', 64, rax, r10);
  assembler.op('cmp', 64, rax, { displacement: data.ramEnd });
  assembler.jumpIf('a', refuse);
  assembler.op('store', 64, rsi, size);

  const page = assembler.here();
  assembler.op('mov', 64, rdx, r8);
  assembler.shiftImmediate('shr', 64, rdx, directoryBits);
  assembler.moveConstant(rax, directoryEntries);
  assembler.op('lea', 64, rdx, { base: rax, index: rdx, scale: 8 });
  assembler.testImmediate(32, { base: rdx }, 1);
  const hasTable = assembler.skipIf('ne');
  assembler.op('lea', 64, rax, { base: r10, displacement: tableEntry });
  assembler.op('store', 64, rax, { base: rdx });
  assembler.immediate('add', 64, r10, pageBytes);
  assembler.op('mov', 64, rdi, r8);
  assembler.shiftImmediate('shr', 64, rdi, directoryBits);
  assembler.shiftImmediate('shl', 64, rdi, pageBits);
  assembler.moveConstant(rax, tableEntries);
  assembler.op('add', 64, rdi, rax);
  assembler.op('xor', 32, rax, rax);
  assembler.moveConstant(rcx, BigInt(pageBytes / 8));
  assembler.raw(0xf3, 0x48, 0xab); // rep stosq
  assembler.bind(hasTable);
  assembler.op('mov', 64, rdx, r8);
  assembler.shiftImmediate('shr', 64, rdx, pageBits);
  assembler.moveConstant(rax, tableEntries);
  assembler.op('lea', 64, rdx, { base: rax, index: rdx, scale: 8 });
  assembler.moveConstant(rax, pageEntry);
  assembler.op('or', 64, rax, r10);
  assembler.op('store', 64, rax, { base: rdx });
  assembler.immediate('add', 64, r10, pageBytes);
  assembler.immediate('add', 64, r8, pageBytes);
  assembler.immediate('sub', 64, r9, pageBytes);
  assembler.jumpIf('ne', page);
  assembler.op('store', 64, r10, { displacement: data.free });
  assembler.op('xor', 32, rax, rax);
  assembler.raw(...iretq);
}

/** rdi: physical address of a page of registers, not of RAM; rax: its linear address. */
function emitMapDevice(assembler: Assembler, data: SupervisorData, refuse: Label): void {
  assembler.testImmediate(32, rdi, pageBytes - 1);
  assembler.jumpIf('ne', refuse);
  assembler.op('cmp', 64, rdi, { displacement: data.ramEnd });
  assembler.jumpIf('b', refuse);
  assembler.moveConstant(rax, 0xffff_f000n);
  assembler.op('cmp', 64, rdi, rax);
  assembler.jumpIf('a', refuse);
  assembler.op('mov', 64, rcx, { displacement: data.deviceCount });
  assembler.immediate('cmp', 64, rcx, deviceSlots);
  assembler.jumpIf('ae', refuse);
  assembler.moveConstant(rax, deviceEntry);
  assembler.op('or', 64, rdi, rax);
  assembler.moveConstant(rax, tableEntries + BigInt((deviceWindow / pageBytes) * 8));
  assembler.op('store', 64, rdi, { base: rax, index: rcx, scale: 8 });
  assembler.op('mov', 64, rax, rcx);
  assembler.shiftImmediate('shl', 64, rax, pageBits);
  assembler.immediate('add', 64, rax, deviceWindow);
  assembler.immediate('add', 64, rcx, 1);
  assembler.op('store', 64, rcx, { displacement: data.deviceCount });
  assembler.raw(...iretq);
}

/** Interrupts say nothing but that there was one: the bindings look at every device after a wait. */
export function emitInterrupt(assembler: Assembler): void {
  assembler.storeConstant(32, { displacement: supervisorApic + endOfInterrupt }, 0);
  assembler.raw(...iretq);
}

/** The last vector is the spurious one, which is not acknowledged (Intel SDM vol. 3A §11.9). */
export function emitSpuriousInterrupt(assembler: Assembler): void {
  assembler.raw(...iretq);
}
