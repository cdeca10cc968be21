/** Instructions that a guest in ring 3 has no business with, by what may come of them (Intel SDM vol. 2). */
import { bytes, load, program } from '../hostile/machine-code.ts';

export interface Instruction {
  readonly name: string;
  readonly code: Uint8Array;
}

const instruction = (name: string, ...parts: readonly (readonly number[] | Uint8Array)[]): Instruction => ({
  name,
  code: program(...parts.map((part) => Uint8Array.from(part))),
});

const pushImmediate = (value: number): readonly number[] => [0x68, ...new Uint8Array(Uint32Array.of(value).buffer)];
/** lea rbx, [rip + distance] */
const addressAhead = (distance: number): readonly number[] => [0x48, 0x8d, 0x1d, distance, 0, 0, 0];

/** A frame for a return to ring 0, to the instruction behind what `leave` is. */
const returnToRing0 = (leave: readonly number[], withStack: boolean): Uint8Array => {
  const stack = withStack ? [...pushImmediate(0x10), 0x54, ...pushImmediate(2)] : [];
  // lea rbx is followed by push CS, push rbx, and the instruction itself
  return program(
    bytes(...stack),
    bytes(...addressAhead(5 + 1 + leave.length)),
    bytes(...pushImmediate(0x08), 0x53, ...leave),
  );
};

/** An `m16:64` on the stack, then an indirect far jump or call through it. */
const farThroughStack = (selector: number, operation: number): Uint8Array =>
  // push selector; lea rbx, [behind]; push rbx; rex.w ff /5 or /3 [rsp]
  program(bytes(...pushImmediate(selector)), bytes(...addressAhead(1 + 4)), bytes(0x53, 0x48, 0xff, operation, 0x24));

const flags = (value: number): Uint8Array => program(load('rax', value), bytes(0x50, 0x9d)); // push rax; popfq

/** The guest ends; nothing behind them is ever executed. */
export const forbidden: readonly Instruction[] = [
  instruction('cli', [0xfa]),
  instruction('sti', [0xfb]),
  instruction('hlt', [0xf4]),
  instruction('mov cr0', [0x0f, 0x22, 0xc0]),
  instruction('mov cr3', [0x0f, 0x22, 0xd8]),
  instruction('mov cr4', [0x0f, 0x22, 0xe0]),
  instruction('mov cr8', [0x44, 0x0f, 0x22, 0xc0]),
  instruction('mov from cr3', [0x0f, 0x20, 0xd8]),
  instruction('mov dr7', [0x0f, 0x23, 0xf8]),
  instruction('mov from dr6', [0x0f, 0x21, 0xf0]),
  instruction('clts', [0x0f, 0x06]),
  instruction('lmsw', [0x0f, 0x01, 0xf0]),
  instruction('lgdt', [0x0f, 0x01, 0x14, 0x24]),
  instruction('lidt', [0x0f, 0x01, 0x1c, 0x24]),
  instruction('lldt', [0x0f, 0x00, 0xd0]),
  instruction('ltr', [0x0f, 0x00, 0xd8]),
  instruction('swapgs', [0x0f, 0x01, 0xf8]),
  instruction('invd', [0x0f, 0x08]),
  instruction('wbinvd', [0x0f, 0x09]),
  instruction('invlpg', [0x0f, 0x01, 0x3c, 0x24]),
  instruction('invpcid', [0x66, 0x0f, 0x38, 0x82, 0x04, 0x24]),
  instruction('wrmsr EFER', load('rcx', 0xc000_0080), load('rax', 0x501), load('rdx', 0), [0x0f, 0x30]),
  instruction('wrmsr LSTAR', load('rcx', 0xc000_0082), [0x0f, 0x30]),
  instruction('wrmsr of PVM', load('rcx', 0x4b56_4df0), [0x0f, 0x30]),
  instruction('rdmsr EFER', load('rcx', 0xc000_0080), [0x0f, 0x32]),
  instruction('xsetbv', load('rcx', 0), load('rax', 7), load('rdx', 0), [0x0f, 0x01, 0xd1]),
  instruction('xsaves', [0x48, 0x0f, 0xc7, 0x2c, 0x24]),
  instruction('vmxon', [0xf3, 0x0f, 0xc7, 0x34, 0x24]),
  instruction('vmlaunch', [0x0f, 0x01, 0xc2]),
  instruction('vmrun', [0x0f, 0x01, 0xd8]),
  instruction('vmload', [0x0f, 0x01, 0xda]),
  instruction('rsm', [0x0f, 0xaa]),
  instruction('getsec', [0x0f, 0x37]),
  instruction('encls', [0x0f, 0x01, 0xcf]),
  instruction('monitor', [0x0f, 0x01, 0xc8]),
  instruction('mwait', [0x0f, 0x01, 0xc9]),
  instruction('sysenter', [0x0f, 0x34]),
  instruction('sysexit', [0x0f, 0x35]),
  instruction('sysret', load('rcx', 0x1000_0000), [0x48, 0x0f, 0x07]),
  instruction('ud2', [0x0f, 0x0b]),
  instruction('ud1', [0x0f, 0xb9, 0xc0]),
  instruction('a lock on what cannot be locked', [0xf0, 0x89, 0x04, 0x24]),
  instruction('an instruction of 16 bytes', [...Array<number>(15).fill(0x66), 0x90]),
  instruction('int1', [0xf1]),
  instruction('int3', [0xcc]),
  instruction('iretq to ring 0', returnToRing0([0x48, 0xcf], true)),
  instruction('lret to ring 0', returnToRing0([0x48, 0xcb], false)),
  instruction('a far jump to ring 0', farThroughStack(0x08, 0x2c)),
  instruction('a far call to ring 0', farThroughStack(0x08, 0x1c)),
  instruction('a far jump through the task segment', farThroughStack(0x40, 0x2c)),
  instruction('a far call through the task segment', farThroughStack(0x43, 0x1c)),
  instruction('a stack segment of ring 0', load('rax', 0x10), [0x8e, 0xd0]),
  instruction('a data segment of ring 0', load('rax', 0x10), [0x8e, 0xd8]),
  instruction('a segment outside of the table', load('rax', 0xfff8), [0x8e, 0xe0]),
  instruction('single steps', flags(0x102), [0x90, 0x90]),
  // mov [rsp + 1], rax
  instruction('an unaligned store under alignment checks', flags(0x4_0002), [0x48, 0x89, 0x44, 0x24, 0x01]),
  instruction('cli with all privileges in the flags', flags(0x3002), [0xfa]),
  instruction('iretq as a nested task', flags(0x4002), returnToRing0([0x48, 0xcf], true)),
  // fninit; push 0; fldcw [rsp]; fld1; fldz; fdivp; fwait
  instruction(
    'an x87 division by zero, unmasked',
    [0xdb, 0xe3, 0x6a, 0, 0xd9, 0x2c, 0x24, 0xd9, 0xe8, 0xd9, 0xee, 0xde, 0xf9, 0x9b],
  ),
  // push 0; ldmxcsr [rsp]; push 1; cvtsi2sd xmm0, [rsp]; xorps xmm1, xmm1; divsd xmm0, xmm1
  instruction('a vector division by zero, unmasked', [
    ...[0x6a, 0, 0x0f, 0xae, 0x14, 0x24, 0x6a, 1, 0xf2, 0x48, 0x0f, 0x2a, 0x04, 0x24],
    ...[0x0f, 0x57, 0xc9, 0xf2, 0x0f, 0x5e, 0xc1],
  ]),
  instruction('reserved bits in MXCSR', pushImmediate(0xffff_ffff), [0x0f, 0xae, 0x14, 0x24]),
  // sub rsp, 1024; and rsp, -64; mov dword [rsp + 24], -1; fxrstor [rsp]
  instruction('reserved bits in MXCSR by fxrstor', [
    ...[0x48, 0x81, 0xec, 0, 4, 0, 0, 0x48, 0x83, 0xe4, 0xc0],
    ...[0xc7, 0x44, 0x24, 0x18, 0xff, 0xff, 0xff, 0xff, 0x0f, 0xae, 0x0c, 0x24],
  ]),
  instruction('a division by zero', [0x31, 0xd2, 0x31, 0xc9, 0xf7, 0xf1]),
  // mov eax, 0x80000000; cdq; mov ecx, -1; idiv ecx
  instruction('a quotient that is too large', [0xb8, 0, 0, 0, 0x80, 0x99, 0xb9, 0xff, 0xff, 0xff, 0xff, 0xf7, 0xf9]),
  instruction('an unaligned vector store', [0x0f, 0x29, 0x44, 0x24, 0x01]),
];

/** Some machines know these in ring 3 and some do not: the guest goes on or ends, and nothing else happens. */
export const harmless: readonly Instruction[] = [
  instruction('syscall', load('rax', 231), load('rdi', 3), [0x0f, 0x05]),
  instruction('vmcall', load('rax', 5), [0x0f, 0x01, 0xc1]),
  instruction('vmmcall', load('rax', 5), [0x0f, 0x01, 0xd9]),
  instruction('vmfunc', load('rax', 0), [0x0f, 0x01, 0xd4]),
  instruction('rdpmc', load('rcx', 0), [0x0f, 0x33]),
  instruction('sgdt', [0x48, 0x83, 0xec, 16, 0x0f, 0x01, 0x04, 0x24]),
  instruction('sidt', [0x48, 0x83, 0xec, 16, 0x0f, 0x01, 0x0c, 0x24]),
  instruction('smsw', [0x0f, 0x01, 0xe0]),
  instruction('str', [0x0f, 0x00, 0xc8]),
  instruction('sldt', [0x0f, 0x00, 0xc0]),
  instruction('lar of ring 0', load('rax', 0x08), [0x0f, 0x02, 0xc0]),
  instruction('lsl of the task segment', load('rax', 0x40), [0x0f, 0x03, 0xc0]),
  instruction('verw of ring 0', load('rax', 0x10), [0x0f, 0x00, 0xe8]),
  instruction('cpuid of everything', load('rax', 0x4000_0000), [0x0f, 0xa2], load('rax', 0xd), [0x0f, 0xa2]),
  instruction('rdtscp', [0x0f, 0x01, 0xf9]),
  instruction('rdpid', [0xf3, 0x0f, 0xc7, 0xf8]),
  instruction('wrfsbase of a kernel address', load('rax', 0xffff_8000_0000_0000n), [0xf3, 0x48, 0x0f, 0xae, 0xd0]),
  instruction('wrgsbase', load('rax', 0x4000_0000), [0xf3, 0x48, 0x0f, 0xae, 0xd8]),
  instruction('wrpkru', load('rax', 0), load('rcx', 0), load('rdx', 0), [0x0f, 0x01, 0xef]),
  instruction('xgetbv', load('rcx', 0), [0x0f, 0x01, 0xd0]),
  instruction('xsave', [0x48, 0x81, 0xec, 0, 0x40, 0, 0, 0x48, 0x83, 0xe4, 0xc0, 0x0f, 0xae, 0x24, 0x24]),
  // sub rsp, 4096; and rsp, -64; eax = edx = -1; xrstor [rsp]
  instruction('xrstor of what the stack holds', [
    ...[0x48, 0x81, 0xec, 0, 0x10, 0, 0, 0x48, 0x83, 0xe4, 0xc0],
    ...[0x83, 0xc8, 0xff, 0x83, 0xca, 0xff, 0x0f, 0xae, 0x2c, 0x24],
  ]),
  instruction('xbegin', [0xc7, 0xf8, 0, 0, 0, 0]),
  instruction('enclu', [0x0f, 0x01, 0xd7]),
  instruction(
    'umonitor and umwait',
    load('rax', 0x4000_0000),
    [0xf3, 0x0f, 0xae, 0xf0],
    load('rax', 1),
    [0xf2, 0x0f, 0xae, 0xf1],
  ),
  instruction('a null data segment', [0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0]),
  instruction('all flags that can be set', flags(0x3f_7ed7 & ~0x4_0100)),
  instruction('a lock across two lines', load('rax', 0x4010_003e), [0xf0, 0x48, 0xff, 0x00]),
  instruction('wbnoinvd', [0xf3, 0x0f, 0x09]),
  instruction('prefetch of a kernel address', load('rax', 0xffff_ffff_8100_0000n), [0x0f, 0x18, 0x08]),
  instruction('clflush of a kernel address', load('rax', 0xffff_8000_0000_0000n), [0x0f, 0xae, 0x38]),
  instruction('verr, str and sldt to memory', load('rax', 0x4000_0800), [0x0f, 0x00, 0x08, 0x0f, 0x00, 0x00]),
];
