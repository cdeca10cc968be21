/** Registers by number: 0-15 general purpose as the processor numbers them, 16-31 for xmm0-15. */
import type { NumberType } from '../decode/module.ts';

export const rax = 0;
export const rcx = 1;
export const rdx = 2;
export const rbx = 3;
export const rsp = 4;
export const rbp = 5;
export const rsi = 6;
export const rdi = 7;
export const r8 = 8;
export const r9 = 9;
export const r10 = 10;
/** Never allocated: address computations, memory-to-memory moves, call targets. */
export const scratch = 11;
export const r12 = 12;
export const r13 = 13;
/** Base address of memory 1. */
export const memoryBase1 = 14;
/** Base address of memory 0. */
export const memoryBase0 = 15;

const xmm = (number: number) => 16 + number;
/** Never allocated: breaks cycles of moves, holds intermediate floats. */
export const floatScratch = xmm(15);

/** Second register of block copies; allocated like any other. */
export const copyScratch = xmm(14);

/** Second scratch register of vector sequences; allocated like any other. */
export const vectorScratch = xmm(14);

export const isFloatRegister = (register: number) => register >= 16;

/** Whether values of the type live in xmm registers. */
export const isFloatType = (type: NumberType) => type === 'f32' || type === 'f64' || type === 'v128';

/** Kept by the callee. */
export const calleeSaved: readonly number[] = [rbx, rbp, r12, r13];
/** Those the caller must expect to change; cheapest encodings first. */
const callerSavedGeneral: readonly number[] = [rax, rcx, rdx, rsi, rdi, r8, r9, r10];
const floats: readonly number[] = Array.from({ length: 15 }, (_, index) => xmm(index));
export const callerSaved: readonly number[] = [...callerSavedGeneral, ...floats];

/** In order of preference. */
export const allocatableGeneral: readonly number[] = [...callerSavedGeneral, ...calleeSaved];
export const allocatableFloats: readonly number[] = floats;

/** Compiled code's own calling convention (docs/seal.md). */
export const argumentRegisters: readonly number[] = [rdi, rsi, rdx, rcx, r8, r9, rax, r10];
export const resultRegisters: readonly number[] = [rax, rdx, rcx, rsi, rdi, r8, r9, r10];
export const floatArgumentRegisters: readonly number[] = Array.from({ length: 8 }, (_, index) => xmm(index));
export const floatResultRegisters: readonly number[] = floatArgumentRegisters;

/** Linux system calls on x86-64 (syscall(2)). */
export const systemCallRegisters: readonly number[] = [rdi, rsi, rdx, r10, r8, r9];
