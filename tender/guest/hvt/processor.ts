/**
 * The processor's state before its first instruction: 64-bit ring 3 with paging on, as if a kernel had just entered it,
 * and the few structures that ring 0 needs to report an exception (Intel SDM vol. 3, 3.4.5, 6.14, 8.7, 20.5.2).
 */
import {
  descriptorPage,
  exceptionStack,
  generalRegisters,
  machinePointer,
  specialRegisters,
  stubPage,
  supervisorAddress,
} from './layout';
import { readSpecialRegisters, writeGeneralRegisters, writeSpecialRegisters } from './kvm';

/** Ring 3 cannot write to it. */
export const exceptionPort: u32 = 0x20;

const vectorCount: u32 = 32;
const taskSegment: usize = 0x100;
const interruptTable: usize = 0x200;
const stubBytes: usize = 16;
const bitmapOffset: u32 = 104;
/** Bits for ports 0 to 0x1f and the byte of ones that ends the map (20.5.2). */
const taskLimit: u32 = bitmapOffset + 4;

const kernelCode: u64 = 0x08;
const userData: u64 = 0x2b;
const userCode: u64 = 0x33;
const taskSelector: u64 = 0x40;
const gdtLimit: u64 = 0x4f;

const descriptorAddress: u64 = supervisorAddress;
const stubAddress: u64 = supervisorAddress + 0x1000;
const stackTop: u64 = supervisorAddress + 0x3000;

/** What a stub has pushed last: vector, error code, and the processor's frame: rip, cs, rflags, rsp, ss. */
export const exceptionFrame: usize = exceptionStack + 0x1000 - 56;

function writeDescriptors(): void {
  const page = machinePointer(descriptorPage);
  store<u64>(page + 0x08, 0x00af_9b00_0000_ffff);
  store<u64>(page + 0x10, 0x00cf_9300_0000_ffff);
  store<u64>(page + 0x28, 0x00cf_f300_0000_ffff);
  store<u64>(page + 0x30, 0x00af_fb00_0000_ffff);
  const base = descriptorAddress + taskSegment;
  store<u64>(page + 0x40, <u64>taskLimit | ((base & 0xff_ffff) << 16) | (<u64>0x8b << 40) | ((base >> 24 & 0xff) << 56));
  store<u64>(page + 0x48, base >> 32);

  const task = page + taskSegment;
  store<u64>(task + 4, stackTop);
  store<u16>(task + 102, bitmapOffset);
  // A bit for each port, 1: denied. 0x10 to 0x1f are open; which of them are hypercalls, `run-loop.ts` knows.
  store<u32>(task + bitmapOffset, 0x0000_ffff);
  store<u8>(task + bitmapOffset + 4, 0xff);
}

/** Vectors where the processor pushes an error code itself (SDM vol. 3, table 6-1). */
function hasErrorCode(vector: u32): bool {
  return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30;
}

/** push 0 where there is no code; push VECTOR; out exceptionPort, al; hlt */
function writeStub(vector: u32): void {
  let at = machinePointer(stubPage) + <usize>vector * stubBytes;
  if (!hasErrorCode(vector)) {
    store<u16>(at, 0x006a);
    at += 2;
  }
  store<u16>(at, <u16>(0x6a | (vector << 8)));
  store<u16>(at + 2, <u16>(0xe6 | (exceptionPort << 8)));
  store<u8>(at + 4, 0xf4);
}

/** Interrupt gates of privilege 0: `int N` in ring 3 is a protection fault. */
function writeGate(vector: u32): void {
  const handler = stubAddress + <u64>vector * stubBytes;
  const gate = machinePointer(descriptorPage) + interruptTable + (<usize>vector << 4);
  store<u64>(gate, (handler & 0xffff) | (kernelCode << 16) | (<u64>0x8e << 40) | ((handler >> 16 & 0xffff) << 48));
  store<u64>(gate + 8, handler >> 32);
}

function setSegment(index: u32, base: u64, limit: u32, selector: u64, type: u32, privilege: u32, isCode: bool, isSystem: bool): void {
  const at = specialRegisters + <usize>index * 24;
  store<u64>(at, base);
  store<u32>(at, limit, 8);
  store<u16>(at, <u16>selector, 12);
  store<u8>(at, <u8>type, 14);
  store<u8>(at, 1, 15); // present
  store<u8>(at, <u8>privilege, 16);
  store<u8>(at, isCode || isSystem ? 0 : 1, 17); // db
  store<u8>(at, isSystem ? 0 : 1, 18); // s
  store<u8>(at, isCode ? 1 : 0, 19); // l
  store<u8>(at, isSystem ? 0 : 1, 20); // g
  store<u8>(at, 0, 21);
  store<u8>(at, 0, 22); // unusable
}

const CR0: u64 = 0x8005_0033; // PG AM WP NE ET MP PE
const CR4: u64 = 0x620; // OSXMMEXCPT OSFXSR PAE
const EFER: u64 = 0xd00; // NXE LMA LME; no SCE: there is no system call

function writeSystemState(pageTables: u64): i64 {
  const error = readSpecialRegisters();
  if (error < 0) return error;
  setSegment(0, 0, 0xffff_ffff, userCode, 11, 3, true, false);
  for (let i: u32 = 1; i < 6; i++) setSegment(i, 0, 0xffff_ffff, userData, 3, 3, false, false);
  setSegment(6, descriptorAddress + taskSegment, taskLimit, taskSelector, 11, 0, false, true);
  const local = specialRegisters + 7 * 24;
  memory.fill(local, 0, 24);
  store<u8>(local, 2, 14);
  store<u8>(local, 1, 22);
  store<u64>(specialRegisters, descriptorAddress, 192);
  store<u64>(specialRegisters, gdtLimit, 200);
  store<u64>(specialRegisters, descriptorAddress + interruptTable, 208);
  store<u64>(specialRegisters, <u64>vectorCount * 16 - 1, 216);
  store<u64>(specialRegisters, CR0, 224);
  store<u64>(specialRegisters, pageTables, 240);
  store<u64>(specialRegisters, CR4, 248);
  store<u64>(specialRegisters, EFER, 264);
  return writeSpecialRegisters();
}

/** `stack`: the first address behind the stack; the entry sees it as after a call. */
export function setUpProcessor(pageTables: u64, entry: u64, stack: u64, argument: u64): i64 {
  writeDescriptors();
  for (let vector: u32 = 0; vector < vectorCount; vector++) {
    writeStub(vector);
    writeGate(vector);
  }
  const error = writeSystemState(pageTables);
  if (error < 0) return error;
  memory.fill(generalRegisters, 0, 144);
  store<u64>(generalRegisters, argument, 40); // rdi
  store<u64>(generalRegisters, stack - 8, 48); // rsp
  store<u64>(generalRegisters, entry, 128); // rip
  store<u64>(generalRegisters, 2, 136); // rflags
  return writeGeneralRegisters();
}

/** After an exception. */
export function faultAddress(): u64 {
  return readSpecialRegisters() < 0 ? 0 : load<u64>(specialRegisters, 232);
}
