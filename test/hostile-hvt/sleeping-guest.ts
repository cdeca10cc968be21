/** A guest that fills its registers, sleeps, and looks for what has changed. */
import { bytes, load, program } from '../hostile/machine-code.ts';
import { control, hvtExit, hypercall, ports } from './rig.ts';

const kept = ['rbx', 'rbp', 'rsi', 'rdi', 'rdx', 'rcx', 'r8', 'r9', 'r10'] as const;
/** cmp rax, register */
const compare: Readonly<Record<(typeof kept)[number], readonly number[]>> = {
  rbx: [0x48, 0x39, 0xd8],
  rbp: [0x48, 0x39, 0xe8],
  rsi: [0x48, 0x39, 0xf0],
  rdi: [0x48, 0x39, 0xf8],
  rdx: [0x48, 0x39, 0xd0],
  rcx: [0x48, 0x39, 0xc8],
  r8: [0x4c, 0x39, 0xc0],
  r9: [0x4c, 0x39, 0xc8],
  r10: [0x4c, 0x39, 0xd0],
};

const contentOf = (index: number): bigint => 0x0123_4567_89ab_0000n + BigInt(index);

const address = (value: number): readonly number[] => [...new Uint8Array(BigUint64Array.of(BigInt(value)).buffer)];

/** Ends with `status` unless the comparison before it was equal. */
const unlessEqual = (status: number): Uint8Array => {
  const end = hvtExit(status);
  return program(bytes(0x74, end.length), end);
};

/** Direction and identification: flags that a guest may set and that nothing else changes. */
const oddFlags = 0x20_0402;
/** Rounding down, everything masked. */
const oddVectorControl = 0x3f80;

/** Goes on at its end when all is as it was; otherwise it ends with the number of what was not. */
export const sleepingGuest = (sleepNs: number): Uint8Array => {
  const add = Buffer.alloc(4);
  add.writeInt32LE(sleepNs);
  return program(
    // deadline = clock + sleepNs
    bytes(0x48, 0xa1, ...address(control.clock), 0x48, 0x05, ...add, 0x48, 0xa3, ...address(control.deadline)),
    // no data segments
    bytes(0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0),
    ...kept.map((register, index) => load(register, contentOf(index))),
    // movq xmm7, rbx; push; ldmxcsr [rsp]
    bytes(0x66, 0x48, 0x0f, 0x6e, 0xfb),
    load('rax', oddVectorControl),
    bytes(0x50, 0x0f, 0xae, 0x14, 0x24),
    load('rax', oddFlags),
    bytes(0x50, 0x9d), // push rax; popfq
    hypercall(ports.wait),
    bytes(0x9c, 0x58, 0xfc, 0x25, ...address(0x20_0400).slice(0, 4)), // pushfq; pop rax; cld; and eax, the odd flags
    bytes(0x3d, ...address(0x20_0400).slice(0, 4)), // cmp eax, the odd flags
    unlessEqual(1),
    ...kept.flatMap((register, index) => [
      load('rax', contentOf(index)),
      bytes(...compare[register]),
      unlessEqual(2 + index),
    ]),
    bytes(0x66, 0x48, 0x0f, 0x7e, 0xf8, 0x48, 0x39, 0xd8), // movq rax, xmm7; cmp rax, rbx
    unlessEqual(20),
    bytes(0x0f, 0xae, 0x1c, 0x24, 0x8b, 0x04, 0x24), // stmxcsr [rsp]; mov eax, [rsp]
    bytes(0x3d, ...address(oddVectorControl).slice(0, 4)),
    unlessEqual(21),
  );
};
