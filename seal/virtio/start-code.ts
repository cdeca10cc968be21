/**
 * From the PVH entry to ring 3 (https://xenbits.xen.org/docs/unstable/misc/pvh.html): 32-bit protected mode without paging,
 * ebx = hvm_start_info. As little as possible is done here: where KVM is nested, ring 0 is interpreted.
 */
import type { Assembler, Label } from '../codegen/assembler.ts';
import { rax, rbp, rbx, rcx, rdi, rdx, rsi, rsp } from '../codegen/registers.ts';
import { bootWords, commandLineOffset, pageBytes, seedWords, shared } from './layout.ts';
import type { SerialText, Texts } from './serial-text.ts';
import { type SupervisorData, selectors } from './supervisor-data.ts';

export interface StartPlan {
  readonly data: SupervisorData;
  /** Physical addresses. */
  readonly bootBlock: number;
  readonly shared: number;
  readonly pageTables: number;
  readonly imageStart: number;
  readonly imageEnd: number;
  /** Linear. */
  readonly userEntry: number;
  readonly userStackTop: number;
}

/** hvm_start_info (xen/include/public/arch-x86/hvm/start_info.h). */
const startMagic = 0x336e_c578;
const startInfo = { magic: 0, version: 4, commandLine: 24, memoryMap: 40, memoryMapEntries: 48 } as const;
const mapEntry = { address: 0, sizeLow: 8, sizeHigh: 12, type: 16, sizeBytes: 24 } as const;
const ram = 1;

/** Status of an image that could not be started. */
const bootFailedStatus = 125;

/** CPUID bits: what long mode, no-execute pages and compiled code need (seal/codegen/processor.ts). */
const extendedFeatures = (1 << 29) | (1 << 20);
const features = (1 << 0) | (1 << 9) | (1 << 19) | (1 << 23);

const hypervisorLeaf = 0x4000_0000n;
const kvmSignature = { low: 0x4b4d_564b, high: 0x564b_4d56 } as const; // KVMKVMKVM
const kvmClockFeature = 1 << 3;
const kvmWallClockRegister = 0x4b56_4d00n;
const kvmClockRegister = 0x4b56_4d01n;

const extendedFeatureRegister = 0xc000_0080n;
const longModeEnable = 0x100n;
const noExecuteEnable = 0x800n;
/** PAE, OSFXSR, OSXMMEXCPT: compiled code uses SSE. */
const controlRegister4 = 0x620n;
/** PG, AM, WP, NE, ET, MP, PE. */
const controlRegister0 = 0x8005_0033n;

const cpuid = [0x0f, 0xa2] as const;
const wrmsr = [0x0f, 0x30] as const;

export function emitStart(assembler: Assembler, plan: StartPlan, serial: SerialText, texts: Texts): void {
  const { data } = plan;
  const failures: { readonly label: Label; readonly text: string }[] = [];
  const failure = (text: string): Label => {
    const label = assembler.newLabel();
    failures.push({ label, text });
    return label;
  };
  const word = (index: number, half: 0 | 4 = 0) => ({ displacement: plan.bootBlock + index * 8 + half });

  assembler.raw(0xfa, 0xfc); // cli, cld
  assembler.moveConstant(rsp, BigInt(data.stackTop));
  assembler.op('mov', 32, rbp, rbx);
  // Compares with 32-bit numbers beyond 2^31 are made in registers: immediates are written signed.
  assembler.moveConstant(rax, BigInt(startMagic));
  assembler.op('cmp', 32, rax, { base: rbp, displacement: startInfo.magic });
  assembler.jumpIf('ne', failure('boot: the machine was not started by the PVH protocol\n'));
  const noMap = failure('boot: the machine does not say how much memory it has\n');
  assembler.immediate('cmp', 32, { base: rbp, displacement: startInfo.version }, 1);
  assembler.jumpIf('b', noMap);

  emitMemoryEnd(assembler, plan, noMap);
  assembler.moveConstant(rcx, BigInt(plan.imageEnd));
  assembler.op('cmp', 32, rax, rcx);
  assembler.jumpIf('b', failure('boot: the machine has less memory than the image needs\n'));

  emitCommandLine(assembler, plan, failure('boot: the command line is too long\n'));

  const unsuitable = failure('boot: this processor lacks 64-bit mode, NX, SSE3, SSSE3, SSE4.1 or POPCNT\n');
  for (const [leaf, register, mask] of [
    [0x8000_0001n, rdx, extendedFeatures],
    [1n, rcx, features],
  ] as const) {
    assembler.moveConstant(rax, leaf);
    assembler.raw(...cpuid);
    assembler.immediate('and', 32, register, mask);
    assembler.immediate('cmp', 32, register, mask);
    assembler.jumpIf('ne', unsuitable);
  }
  emitClockFacts(assembler, plan, word);

  assembler.moveConstant(rax, controlRegister4);
  assembler.raw(0x0f, 0x22, 0xe0); // mov cr4, eax
  assembler.moveConstant(rax, BigInt(plan.pageTables));
  assembler.raw(0x0f, 0x22, 0xd8); // mov cr3, eax
  assembler.moveConstant(rcx, extendedFeatureRegister);
  assembler.moveConstant(rax, longModeEnable | noExecuteEnable);
  assembler.op('xor', 32, rdx, rdx);
  assembler.raw(...wrmsr);
  assembler.moveConstant(rax, controlRegister0);
  assembler.raw(0x0f, 0x22, 0xc0); // mov cr0, eax
  assembler.raw(0x0f, 0x01, 0x14, 0x25); // lgdt [disp32]
  assembler.word(data.gdtPointer);
  const longMode = assembler.newLabel();
  assembler.raw(0xea); // jmp far
  assembler.addressWord(longMode);
  assembler.raw(selectors.code64, 0);

  for (const { label, text } of failures) {
    assembler.bind(label);
    assembler.raw(0xbe); // mov esi, imm32
    assembler.addressWord(texts.label(text));
    assembler.call(serial.putText);
    assembler.moveConstant(rax, BigInt(bootFailedStatus));
    assembler.jump(serial.end);
  }

  assembler.bind(longMode);
  assembler.moveConstant(rax, BigInt(selectors.data));
  for (const segment of [0xd8, 0xc0, 0xd0, 0xe0, 0xe8]) assembler.raw(0x8e, segment); // mov ds, es, ss, fs, gs
  assembler.raw(0x0f, 0x01, 0x1c, 0x25); // lidt [disp32]
  assembler.word(data.idtPointer);
  assembler.moveConstant(rax, BigInt(selectors.taskState));
  assembler.raw(0x0f, 0x00, 0xd8); // ltr ax
  // What iretq takes: ring 3 with interrupts off; they come only while ring 0 waits.
  for (const value of [selectors.userData, plan.userStackTop - 8, 2, selectors.userCode, plan.userEntry]) {
    assembler.moveConstant(rax, BigInt(value));
    assembler.push(rax);
  }
  assembler.raw(0x48, 0xcf);
}

/** eax ← end of the RAM the image lies in, at most 4 GiB less a page. rbp is the start info. */
function emitMemoryEnd(assembler: Assembler, plan: StartPlan, noMap: Label): void {
  assembler.op('mov', 32, rsi, { base: rbp, displacement: startInfo.memoryMap });
  assembler.op('mov', 32, rcx, { base: rbp, displacement: startInfo.memoryMapEntries });
  const next = assembler.newLabel();
  const found = assembler.newLabel();
  const look = assembler.here();
  assembler.op('test', 32, rcx, rcx);
  assembler.jumpIf('e', noMap);
  assembler.immediate('cmp', 32, { base: rsi, displacement: mapEntry.type }, ram);
  assembler.jumpIf('ne', next);
  assembler.immediate('cmp', 32, { base: rsi, displacement: mapEntry.address + 4 }, 0);
  assembler.jumpIf('ne', next);
  assembler.op('mov', 32, rax, { base: rsi, displacement: mapEntry.address });
  assembler.immediate('cmp', 32, rax, plan.imageStart);
  assembler.jumpIf('a', next);
  assembler.op('mov', 32, rdx, { base: rsi, displacement: mapEntry.sizeHigh });
  assembler.op('add', 32, rax, { base: rsi, displacement: mapEntry.sizeLow });
  assembler.raw(0x83, 0xd2, 0); // adc edx, 0
  const below4 = assembler.skipIf('e');
  assembler.moveConstant(rax, 0xffff_f000n);
  assembler.bind(below4);
  assembler.immediate('cmp', 32, rax, plan.imageStart);
  assembler.jumpIf('a', found);
  assembler.bind(next);
  assembler.immediate('add', 32, rsi, mapEntry.sizeBytes);
  assembler.immediate('sub', 32, rcx, 1);
  assembler.jump(look);
  assembler.bind(found);
  assembler.immediate('and', 32, rax, -pageBytes);
  assembler.op('store', 32, rax, { displacement: plan.data.ramEnd });
}

/** Copy the command line behind the boot block's words: the monitor's place for it is not mapped later. */
function emitCommandLine(assembler: Assembler, plan: StartPlan, tooLong: Label): void {
  const to = plan.bootBlock + commandLineOffset;
  assembler.op('mov', 32, rsi, { base: rbp, displacement: startInfo.commandLine });
  assembler.moveConstant(rdi, BigInt(to));
  assembler.op('test', 32, rsi, rsi);
  const none = assembler.skipIf('e');
  const copy = assembler.here();
  assembler.raw(0xac); // lodsb
  assembler.raw(0x84, 0xc0); // test al, al
  const end = assembler.skipIf('e');
  assembler.immediate('cmp', 32, rdi, plan.bootBlock + pageBytes);
  assembler.jumpIf('ae', tooLong);
  assembler.raw(0xaa); // stosb
  assembler.jump(copy);
  assembler.bind(none);
  assembler.bind(end);
  assembler.immediate('sub', 32, rdi, to);
  assembler.op('store', 32, rdi, { displacement: plan.bootBlock + bootWords.commandLineBytes * 8 });
}

type WordOperand = (index: number, half?: 0 | 4) => { readonly displacement: number };

/** What the bindings need to know of clocks and cannot ask in ring 3, and kvm-clock where it is. */
function emitClockFacts(assembler: Assembler, plan: StartPlan, word: WordOperand): void {
  const ask = (leaf: bigint) => {
    assembler.moveConstant(rax, leaf);
    assembler.op('xor', 32, rcx, rcx);
    assembler.raw(...cpuid);
  };
  assembler.moveConstant(rdi, BigInt(plan.shared));
  assembler.op('xor', 32, rax, rax);
  assembler.moveConstant(rcx, BigInt(shared.preparedBytes / 4));
  assembler.raw(0xf3, 0xab); // rep stosd

  ask(0n);
  assembler.immediate('cmp', 32, rax, 0x15);
  const noCrystal = assembler.skipIf('b');
  ask(0x15n);
  assembler.op('store', 32, rax, word(bootWords.crystalRatio));
  assembler.op('store', 32, rbx, word(bootWords.crystalRatio, 4));
  assembler.op('store', 32, rcx, word(bootWords.crystalHz));
  assembler.bind(noCrystal);

  ask(1n);
  assembler.op('test', 32, rcx, rcx); // bit 31: there is a hypervisor
  const bare = assembler.skipIf('ns');
  ask(hypervisorLeaf);
  assembler.op('store', 32, rbx, word(bootWords.hypervisorLow));
  assembler.op('store', 32, rcx, word(bootWords.hypervisorLow, 4));
  assembler.op('store', 32, rdx, word(bootWords.hypervisorHigh));
  assembler.immediate('cmp', 32, rax, 0x4000_0010);
  const noFrequencies = assembler.skipIf('b');
  ask(0x4000_0010n);
  assembler.op('store', 32, rax, word(bootWords.hypervisorFrequencies));
  assembler.op('store', 32, rbx, word(bootWords.hypervisorFrequencies, 4));
  assembler.bind(noFrequencies);
  assembler.immediate('cmp', 32, word(bootWords.hypervisorLow), kvmSignature.low);
  const noKvmLow = assembler.skipIf('ne');
  assembler.immediate('cmp', 32, word(bootWords.hypervisorLow, 4), kvmSignature.high);
  const noKvmHigh = assembler.skipIf('ne');
  ask(hypervisorLeaf + 1n);
  assembler.testImmediate(32, rax, kvmClockFeature);
  const noClock = assembler.skipIf('e');
  for (const [register, address] of [
    [kvmWallClockRegister, plan.shared + shared.kvmWallClock],
    // Bit 0: from now on.
    [kvmClockRegister, plan.shared + shared.kvmClock + 1],
  ] as const) {
    assembler.moveConstant(rcx, register);
    assembler.moveConstant(rax, BigInt(address));
    assembler.op('xor', 32, rdx, rdx);
    assembler.raw(...wrmsr);
  }
  assembler.storeConstant(32, word(bootWords.kvmClock), 1);
  for (const label of [noClock, noKvmHigh, noKvmLow, bare]) assembler.bind(label);
}

const rdrandFeature = 1 << 30;

/**
 * The first code of ring 3, at full speed everywhere: random words from the processor, then the image. `sharedBase`,
 * `bootBlock` and `entry` are linear.
 */
export function emitUserStart(
  assembler: Assembler,
  { sharedBase, bootBlock, entry }: { readonly sharedBase: number; readonly bootBlock: number; readonly entry: number },
): void {
  assembler.moveConstant(rax, 1n);
  assembler.raw(...cpuid);
  assembler.testImmediate(32, rcx, rdrandFeature);
  const none = assembler.skipIf('e');
  assembler.moveConstant(rdi, BigInt(sharedBase + shared.seeds));
  assembler.moveConstant(rsi, 0n);
  const next = assembler.here();
  // It fails when asked faster than it can answer: ten tries (Intel DRNG guide §5.2.1).
  assembler.moveConstant(rcx, 10n);
  const retry = assembler.here();
  assembler.raw(0x48, 0x0f, 0xc7, 0xf0); // rdrand rax
  const given = assembler.skipIf('b');
  assembler.immediate('sub', 32, rcx, 1);
  assembler.jumpIf('ne', retry);
  const stop = assembler.skip();
  assembler.bind(given);
  assembler.op('store', 64, rax, { base: rdi, index: rsi, scale: 8 });
  assembler.immediate('add', 32, rsi, 1);
  assembler.immediate('cmp', 32, rsi, seedWords);
  assembler.jumpIf('ne', next);
  assembler.bind(stop);
  assembler.op('store', 32, rsi, { base: rdi, displacement: shared.seedCount - shared.seeds });
  assembler.bind(none);
  assembler.moveConstant(rdi, BigInt(bootBlock));
  assembler.moveConstant(rax, BigInt(entry));
  assembler.jumpThrough(rax);
}
