import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Assembler } from './assembler.ts';
import { r8, r9, rax, rbp, rbx, rcx, rdi, rdx, rsi, rsp } from './registers.ts';

const r15 = 15;
const xmm = (number: number) => 16 + number;

/** Encodings as GNU as gives them for the same operands. */
const rows: readonly (readonly [string, (a: Assembler) => void])[] = [
  ['66 41 0f fc c9', (a) => a.op('paddb', 32, xmm(1), xmm(9))],
  ['66 41 0f 38 39 1c 07', (a) => a.op('pminsd', 32, xmm(3), { base: r15, index: rax })],
  ['66 45 0f 38 00 f7', (a) => a.op('pshufb', 32, xmm(14), xmm(15))],
  ['66 44 0f 38 40 64 24 08', (a) => a.op('pmulld', 32, xmm(12), { base: rsp, displacement: 8 })],
  ['66 44 0f 38 17 d2', (a) => a.op('ptest', 32, xmm(10), xmm(2))],
  ['66 41 0f 71 e1 05', (a) => a.shiftLanes('psraw', xmm(9), 5)],
  ['66 41 0f 73 d6 3f', (a) => a.shiftLanes('psrlq', xmm(14), 63)],
  ['66 41 0f 70 e3 ee', (a) => a.opByte('pshufd', 32, xmm(4), xmm(11), 0xee)],
  ['f2 45 0f 70 c0 00', (a) => a.opByte('pshuflw', 32, xmm(8), xmm(8), 0)],
  ['66 44 0f 3a 0f e9 05', (a) => a.opByte('palignr', 32, xmm(13), xmm(1), 5)],
  ['41 0f c6 d1 88', (a) => a.opByte('shufps', 32, xmm(2), xmm(9), 0x88)],
  ['66 41 0f 3a 20 d9 0f', (a) => a.opByte('pinsrb', 32, xmm(3), r9, 15)],
  ['66 45 0f c4 14 0f 07', (a) => a.opByte('pinsrw', 32, xmm(10), { base: r15, index: rcx }, 7)],
  ['66 4c 0f 3a 22 e7 01', (a) => a.opByte('pinsrd', 64, xmm(12), rdi, 1)],
  ['66 44 0f 3a 14 ce 03', (a) => a.opByte('pextrb', 32, xmm(9), rsi, 3)],
  ['66 45 0f c5 c4 06', (a) => a.opByte('pextrw', 32, r8, xmm(12), 6)],
  ['66 41 0f 3a 16 0c 07 02', (a) => a.opByte('pextrd', 32, xmm(1), { base: r15, index: rax }, 2)],
  ['66 4c 0f 3a 16 db 01', (a) => a.opByte('pextrd', 64, xmm(11), rbx, 1)],
  ['66 45 0f d7 cd', (a) => a.op('pmovmskb', 32, r9, xmm(13))],
  ['f2 45 0f 12 0c 17', (a) => a.op('movddup', 32, xmm(9), { base: r15, index: rdx })],
  ['f3 41 0f e6 f2', (a) => a.op('cvtdq2pd', 32, xmm(6), xmm(10))],
  ['66 44 0f e6 ed', (a) => a.op('cvttpd2dq', 32, xmm(13), xmm(5))],
  ['66 45 0f 38 35 04 2f', (a) => a.op('pmovzxdq', 32, xmm(8), { base: r15, index: rbp })],
  ['66 41 0f 3a 21 fc 30', (a) => a.opByte('insertps', 32, xmm(7), xmm(12), 0x30)],
  ['66 45 0f c2 f9 03', (a) => a.opByte('cmppd', 32, xmm(15), xmm(9), 3)],
];

for (const [expected, write] of rows) {
  test(`${write.toString().replace('(a) => a.', '')} is ${expected}`, () => {
    const assembler = new Assembler(0x4000_1000);
    write(assembler);
    assert.equal(Buffer.from(assembler.finish()).toString('hex'), expected.replaceAll(' ', ''));
  });
}
