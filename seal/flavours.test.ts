/** What images for virtual machines are made of, told from their code; that it runs is for the tests of their tenders. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { intrinsics } from './codegen/intrinsics.ts';
import { linuxCalls } from './codegen/linux-calls.ts';
import { type CompiledImage, compile, type Flavour } from './compile.ts';
import { assemble } from './testing/assemble.ts';
import { writeExecutable } from './testing/native-run.ts';

const virtualMachines: readonly Flavour[] = ['hvt', 'virtio'];
const build = (text: string, flavour: Flavour) => compile(assemble(text), { flavour, check: true });

const baseAddress = 0x1000_0000;

/** The bytes of one function, headers of the file being part of `data`. */
function codeOf(image: CompiledImage, name: string): Buffer {
  const fn = image.functions.find((each) => each.name === name);
  if (fn === undefined) throw new Error(`no function ${name}`);
  const elf = Buffer.from(image.elf);
  for (let at = 64; ; at += 56) {
    const [offset, address, size] = [8, 16, 32].map((field) => Number(elf.readBigUInt64LE(at + field)));
    if (offset === undefined || address === undefined || size === undefined) throw new Error('no segment');
    if (elf.readUInt32LE(at) !== 1 || fn.address < address || fn.address >= address + size) continue;
    return elf.subarray(offset + fn.address - address, offset + fn.address - address + fn.sizeBytes);
  }
}

const growing = '(module (memory 1 4) (memory 1 4) (func (export "_start") (drop (memory.grow 1 (i32.const 1)))))';
const systemCall = Buffer.from([0x0f, 0x05]);
const supervisorCall = Buffer.from([0x0f, 0x0b, 0x80]);

test('growing a memory and returning are port writes in hvt, with the arguments in the control page', () => {
  const image = build(growing, 'hvt');
  assert.deepEqual(image.systemCalls, []);
  const grow = codeOf(image, 'seal:grow[1]');
  // mov dword [0x40000030], 1; mov [0x40000038], rax; out 0x12, eax; cmp dword [0x40000040], 0
  const call = 'c7042530000040010000004889042538000040e712833c254000004000';
  assert.ok(grow.toString('hex').includes(call), grow.toString('hex'));
  assert.ok(!grow.includes(systemCall));
  const entry = codeOf(image, 'seal:entry');
  // xor eax, eax; out 0x13, eax; ud2
  assert.equal(entry.subarray(-7).toString('hex'), '33c0e7130f0b01');
  assert.ok(!entry.includes(systemCall));
});

test('growing a memory and returning are calls of the boot code in virtio', () => {
  const image = build(growing, 'virtio');
  assert.deepEqual(image.systemCalls, []);
  const grow = codeOf(image, 'seal:grow[1]');
  assert.ok(grow.includes(supervisorCall) && !grow.includes(systemCall));
  // mov eax, 2; ud2 with code 0x80; ud2
  assert.ok(codeOf(image, 'seal:entry').toString('hex').endsWith('b8020000000f0b800f0b01'));
});

for (const flavour of virtualMachines) {
  test(`${flavour}: an image is entered with the boot block in rdi, as a process image is`, () => {
    const entry = codeOf(build(growing, flavour), 'seal:entry');
    const process = codeOf(build(growing, 'process'), 'seal:entry');
    // Up to the call of the entry export: boot block stored, bases of both memories loaded and stored.
    const stored = process.subarray(0, process.indexOf(0xe8));
    assert.deepEqual(entry.subarray(0, stored.length), stored);
  });

  test(`${flavour}: the note names the target`, () => {
    const { elf } = build(growing, flavour);
    const at = Buffer.from(elf).indexOf('Diatom\0');
    assert.equal(Buffer.from(elf).readUInt32LE(at + 8), 2);
    assert.equal(Buffer.from(elf).readUInt32LE(at + 16), flavour === 'hvt' ? 1 : 2);
  });

  for (const { name, arity } of linuxCalls.filter(({ flavours }) => flavours.includes('process'))) {
    test(`${flavour}: the system call ${name} is refused`, () => {
      const type = `(param ${Array(arity).fill('i64').join(' ')}) (result i64)`;
      const text = `(module (import "linux" "${name}" (func ${type})) (func (export "_start")))`;
      assert.throws(() => build(text, flavour), new RegExp(`linux\\.${name}: not available in the ${flavour} flavour`));
    });
  }
}

test('a virtio image brings its stack along, the others are given one', () => {
  for (const flavour of ['process', 'hvt', 'virtio'] as const) {
    const [small, large] = [65_536, 1 << 20].map(
      (stackBytes) => compile(assemble(growing), { flavour, stackBytes }).elf,
    );
    assert.ok(small !== undefined && large !== undefined);
    assert.equal(Buffer.from(small).equals(large), flavour !== 'virtio', flavour);
  }
});

const calling = (name: string, types: readonly string[], results: readonly string[]): string => {
  const values = types.map((type, index) => `(${type}.load (i32.const ${index * 8}))`).join(' ');
  const call = `(call $it ${values})`;
  const [result] = results;
  return `(module
    (import "linux" "${name}" (func $it (param ${types.join(' ')}) ${results.map((type) => `(result ${type})`).join('')}))
    (memory 1) (func $body (export "_start")
      ${result === undefined ? call : `(${result}.store (i32.const 64) ${call})`}))`;
};

/** What an intrinsic's code must contain. */
const instructions: Readonly<Record<string, readonly number[]>> = {
  timestamp: [0x0f, 0x31],
  in8: [0xec, 0x0f, 0xb6, 0xc0],
  in16: [0x66, 0xed, 0x0f, 0xb7, 0xc0],
  in32: [0xed],
  out8: [0xee],
  out16: [0x66, 0xef],
  out32: [0xef],
  supervisor: [0x0f, 0x0b, 0x80],
};

for (const { name, parameters, results, flavours } of intrinsics) {
  for (const flavour of ['process', 'hvt', 'virtio', 'linux'] as const) {
    if (name === 'signal_entry') continue;
    const text = calling(name, parameters, results);
    if (!flavours.includes(flavour)) {
      test(`${flavour}: ${name} is refused`, () => {
        assert.throws(
          () => build(text, flavour),
          new RegExp(`linux\\.${name}: not available in the ${flavour} flavour`),
        );
      });
      continue;
    }
    test(`${flavour}: ${name} is in the code and makes no system call`, () => {
      const image = build(text, flavour);
      const body = codeOf(image, image.functions[1]?.name ?? '');
      assert.ok(body.includes(Buffer.from(instructions[name] ?? [])), body.toString('hex'));
      assert.ok(!body.includes(systemCall));
      assert.ok(flavour === 'linux' || image.functions.every(({ address }) => address >= baseAddress));
    });
  }
}

test('copy moves bytes between native addresses, over themselves too, and keeps what is live', () => {
  const text = `(module
    (import "linux" "write" (func $write (param i64 i64 i64) (result i64)))
    (import "linux" "memory_base" (func $base (result i64)))
    (import "linux" "copy" (func $copy (param i64 i64 i64)))
    (import "linux" "timestamp" (func $time (result i64)))
    (memory 1) (data (i32.const 16) "abcdefghijklmnopqrstuvwxyz")
    (func (export "_start") (local $at i64) (local $before i64)
      (local.set $at (i64.add (call $base) (i64.const 16)))
      (local.set $before (call $time))
      (call $copy (i64.add (local.get $at) (i64.const 3)) (local.get $at) (i64.const 20))
      (call $copy (i64.add (local.get $at) (i64.const 26)) (local.get $at) (i64.const 4))
      (call $copy (local.get $at) (i64.add (local.get $at) (i64.const 3)) (i64.const 0))
      (if (i64.gt_u (call $time) (local.get $before))
        (then (drop (call $write (i64.const 1) (local.get $at) (i64.const 30)))))))`;
  const { stdout, status } = spawnSync(writeExecutable(build(text, 'linux').elf));
  assert.equal(status, 0);
  assert.equal(stdout.toString(), 'abcabcdefghijklmnopqrstxyzabca');
});
