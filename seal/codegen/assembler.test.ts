import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Assembler } from './assembler.ts';
import { r8, r9, r10, r12, r13, rax, rbp, rbx, rcx, rdi, rdx, rsi, rsp, scratch } from './registers.ts';

const r14 = 14;
const r15 = 15;
const xmm = (number: number) => 16 + number;

const bytesOf = (write: (assembler: Assembler) => void): string => {
  const assembler = new Assembler(0x4000_1000);
  write(assembler);
  return [...assembler.finish()].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
};

/** Encodings as GNU as and objdump give them for the same operands. */
const encodings: readonly (readonly [string, (a: Assembler) => void])[] = [
  ['03 c1', (a) => a.op('add', 32, rax, rcx)],
  ['4d 03 c5', (a) => a.op('add', 64, r8, r13)],
  ['4c 8b 24 24', (a) => a.op('mov', 64, r12, { base: rsp })],
  ['48 8b 45 00', (a) => a.op('mov', 64, rax, { base: rbp })],
  ['41 8b 55 00', (a) => a.op('mov', 32, rdx, { base: r13, displacement: 0 })],
  ['41 8b 44 3f 10', (a) => a.op('mov', 32, rax, { base: r15, index: rdi, displacement: 16 })],
  ['4f 8b 94 e6 00 f0 ff ff', (a) => a.op('mov', 64, r10, { base: r14, index: r12, scale: 8, displacement: -4096 })],
  ['48 8b 04 25 10 00 00 40', (a) => a.op('mov', 64, rax, { displacement: 0x40000010 })],
  ['4e 8b 1c dd 20 00 00 40', (a) => a.op('mov', 64, scratch, { index: scratch, scale: 8, displacement: 0x40000020 })],
  ['44 89 4c 24 08', (a) => a.op('store', 32, r9, { base: rsp, displacement: 8 })],
  ['40 88 30', (a) => a.op('store8', 32, rsi, { base: rax })],
  ['88 10', (a) => a.op('store8', 32, rdx, { base: rax })],
  ['66 45 89 04 07', (a) => a.op('store16', 32, r8, { base: r15, index: rax })],
  ['40 0f b6 c7', (a) => a.op('movzx8', 32, rax, rdi)],
  ['0f b6 07', (a) => a.op('movzx8', 32, rax, { base: rdi })],
  ['4c 0f bf 8b 2c 01 00 00', (a) => a.op('movsx16', 64, r9, { base: rbx, displacement: 300 })],
  ['48 63 c5', (a) => a.op('movsxd', 64, rax, rbp)],
  ['49 0f af fa', (a) => a.op('imul', 64, rdi, r10)],
  ['41 8d 44 0d 07', (a) => a.op('lea', 32, rax, { base: r13, index: rcx, displacement: 7 })],
  ['f3 4c 0f b8 c0', (a) => a.op('popcnt', 64, r8, rax)],
  ['f2 45 0f 10 4c 07 08', (a) => a.op('movsd', 32, xmm(9), { base: r15, index: rax, displacement: 8 })],
  ['f3 0f 11 8c 24 c8 00 00 00', (a) => a.op('storess', 32, xmm(1), { base: rsp, displacement: 200 })],
  ['45 0f 28 c7', (a) => a.op('movaps', 32, xmm(8), xmm(15))],
  ['66 49 0f 6e dc', (a) => a.op('movd', 64, xmm(3), r12)],
  ['66 44 0f 7e d0', (a) => a.op('storemovd', 32, xmm(10), rax)],
  ['f2 49 0f 2a d1', (a) => a.op('cvtsi2sd', 64, xmm(2), r9)],
  ['f3 41 0f 2c eb', (a) => a.op('cvttss2si', 32, rbp, xmm(11))],
  ['66 41 0f 2e c0', (a) => a.op('ucomisd', 32, xmm(0), xmm(8))],
  ['66 41 0f 3a 0b c9 09', (a) => a.round('roundsd', xmm(1), xmm(9), 9)],
  ['48 83 c4 08', (a) => a.immediate('add', 64, rsp, 8)],
  ['41 81 fa e8 03 00 00', (a) => a.immediate('cmp', 32, r10, 1000)],
  ['83 74 24 04 ff', (a) => a.immediate('xor', 32, { base: rsp, displacement: 4 }, -1)],
  ['40 f6 c6 01', (a) => a.testImmediate(32, rsi, 1)],
  ['f6 c1 80', (a) => a.testImmediate(64, rcx, 128)],
  ['f7 c6 00 01 00 00', (a) => a.testImmediate(32, rsi, 256)],
  ['48 f7 c0 f8 ff ff ff', (a) => a.testImmediate(64, rax, -8)],
  ['49 6b c1 64', (a) => a.multiplyImmediate(64, rax, r9, 100)],
  ['69 04 24 e8 03 00 00', (a) => a.multiplyImmediate(32, rax, { base: rsp }, 1000)],
  ['48 c1 e7 10', (a) => a.shiftImmediate('shl', 64, rdi, 16)],
  ['41 d1 f8', (a) => a.shiftImmediate('sar', 32, r8, 1)],
  ['48 d3 cb', (a) => a.shiftByCl('ror', 64, rbx)],
  ['41 f7 dd', (a) => a.unary('neg', 32, r13)],
  ['48 f7 fe', (a) => a.unary('idiv', 64, rsi)],
  ['b8 00 00 00 00', (a) => a.moveConstant(rax, 0n)],
  ['41 b9 ff ff ff ff', (a) => a.moveConstant(r9, 0xffff_ffffn)],
  ['48 c7 c3 ff ff ff ff', (a) => a.moveConstant(rbx, -1n)],
  ['49 ba f0 de bc 9a 78 56 34 12', (a) => a.moveConstant(r10, 0x1234_5678_9abc_def0n)],
  ['41 c6 47 01 ff', (a) => a.storeConstant(8, { base: r15, displacement: 1 }, 255)],
  ['66 41 c7 07 34 12', (a) => a.storeConstant(16, { base: r15 }, 0x1234)],
  ['48 c7 04 25 00 00 00 40 fe ff ff ff', (a) => a.storeConstant(64, { displacement: 0x40000000 }, -2)],
  ['40 0f 93 c6', (a) => a.setCondition('ae', rsi)],
  ['4c 0f 45 44 24 08', (a) => a.moveIf('ne', 64, r8, { base: rsp, displacement: 8 })],
  ['41 ff d3', (a) => a.callThrough(scratch)],
  ['ff 60 08', (a) => a.jumpThrough({ base: rax, displacement: 8 })],
  ['41 54', (a) => a.push(r12)],
  ['5d', (a) => a.pop(rbp)],
];

for (const [expected, write] of encodings) {
  test(`${write.toString().replace('(a) => a.', '')} is ${expected}`, () => {
    assert.equal(bytesOf(write), expected);
  });
}

test('jumps of a region take their shortest form, and fields behind them move along', () => {
  assert.equal(
    bytesOf((a) => {
      const region = a.startRegion();
      const back = a.here();
      const ahead = a.newLabel();
      const far = a.newLabel();
      a.jumpIf('e', ahead);
      a.jumpIf('ne', far);
      a.op('lea', 64, rax, { label: far });
      a.jump(back);
      a.bind(ahead);
      for (let index = 0; index < 130; index += 1) a.byte(0x90);
      a.bind(far);
      a.endRegion(region);
    }).slice(0, 58),
    '74 0f 0f 85 8b 00 00 00 48 8d 05 84 00 00 00 eb ef 90 90 9',
  );
});

test('a rip-relative operand counts the immediate behind it', () => {
  assert.equal(
    bytesOf((a) => {
      const label = a.newLabel();
      a.immediate('cmp', 32, { label }, 1000);
      a.bind(label);
    }),
    '81 3d 00 00 00 00 e8 03 00 00',
  );
});

test('a label that is used and never bound is an error', () => {
  assert.throws(() => bytesOf((a) => a.jump(a.newLabel())), /never bound/);
});
