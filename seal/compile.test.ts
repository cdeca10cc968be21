import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { type CompileOptions, compile } from './compile.ts';
import { assemble } from './testing/assemble.ts';
import { writeExecutable } from './testing/native-run.ts';

const build = (text: string, flavour: CompileOptions['flavour'] = 'linux') => compile(assemble(text), { flavour });

const hello = `(module
  (import "linux" "write" (func $write (param i64 i64 i64) (result i64)))
  (import "linux" "memory_base" (func $base (result i64)))
  (memory 1) (data (i32.const 16) "hello\\n")
  (func (export "_start") (drop (call $write (i64.const 1) (i64.add (call $base) (i64.const 16)) (i64.const 6)))))`;

interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly physicalAddress: number;
  readonly fileSize: number;
  readonly memorySize: number;
}

function programHeaders(elf: Uint8Array): readonly ProgramHeader[] {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  return Array.from({ length: view.getUint16(56, true) }, (_, index) => {
    const at = 64 + index * 56;
    const word = (offset: number) => Number(view.getBigUint64(at + offset, true));
    return {
      type: view.getUint32(at, true),
      flags: view.getUint32(at + 4, true),
      offset: word(8),
      address: word(16),
      physicalAddress: word(24),
      fileSize: word(32),
      memorySize: word(40),
    };
  });
}

test('a host program runs: data, system call, exit status 0 when the entry returns', () => {
  const { stdout, status } = spawnSync(writeExecutable(build(hello).elf));
  assert.equal(stdout.toString(), 'hello\n');
  assert.equal(status, 0);
});

test('the start function runs before the entry', () => {
  const image = build(
    hello.replace(
      '(func (export "_start")',
      '(func $early (i32.store8 (i32.const 16) (i32.const 74))) (start $early) (func (export "_start")',
    ),
  );
  assert.equal(spawnSync(writeExecutable(image.elf)).stdout.toString(), 'Jello\n');
});

test('the same module gives the same bytes', () => {
  assert.deepEqual(build(hello, 'process').elf, build(hello, 'process').elf);
});

test('an image names its functions and the system calls it contains', () => {
  const image = build(hello);
  assert.deepEqual(image.systemCalls, ['exit_group', 'write']);
  const [first, second] = image.functions;
  assert.equal(first?.name, 'seal:entry');
  assert.ok(second !== undefined && second.address > (first?.address ?? 0) && second.sizeBytes > 0);
});

test('a host program says what the processor lacks and does not start', () => {
  const { elf } = build(hello);
  // Behind cpuid: not ecx. Without it the features that are there count as missing.
  const at = Buffer.from(elf).indexOf(Buffer.from([0x0f, 0xa2, 0xf7, 0xd1]));
  assert.ok(at > 0);
  elf.set([0x90, 0x90], at + 2);
  const { status, stdout, stderr } = spawnSync(writeExecutable(elf));
  assert.equal(status, 126);
  assert.equal(stdout.toString(), '');
  assert.equal(
    stderr.toString(),
    'this processor lacks SSE3 SSSE3 SSE4.1 POPCNT, which this program was compiled for\n',
  );
});

test('growing a memory is reported as the system call it makes', () => {
  const text = '(module (memory 1 4) (func (export "_start") (drop (memory.grow (i32.const 1)))))';
  assert.deepEqual(build(text, 'process').systemCalls, ['exit_group', 'mprotect']);
  assert.deepEqual(build(text, 'linux').systemCalls, ['exit_group', 'mmap', 'write']);
});

test('a process image is laid out as docs/process-image.md says', () => {
  const { elf, memories } = build(
    '(module (memory 2 5) (memory 1) (data (i32.const 5000) "x") (func (export "_start")))',
    'process',
  );
  const headers = programHeaders(elf);
  const loads = headers.filter(({ type }) => type === 1);
  assert.ok(loads.length > 0);
  for (const { flags, address, memorySize } of loads) {
    assert.ok(address % 4096 === 0 && address >= 0x1000_0000 && address + memorySize <= 0x2000_0000);
    assert.notEqual(flags & 3, 3, 'writable and executable at once');
  }
  const images = headers.filter(({ type }) => type === 0x6474_d001);
  assert.deepEqual(
    images.map(({ address, fileSize, memorySize, physicalAddress }) => ({
      address,
      fileSize,
      memorySize,
      physicalAddress,
    })),
    [
      { address: 4096 * 2 ** 32, fileSize: 5001 - 4096, memorySize: 131_072, physicalAddress: 5 * 65_536 },
      { address: 1, fileSize: 0, memorySize: 65_536, physicalAddress: 65_536 * 65_536 },
    ],
  );
  assert.ok(images.every(({ offset }) => offset % 4096 === 0));
  assert.deepEqual(memories[0], { initialBytes: 131_072, maximumBytes: 5 * 65_536, fileBytes: 8192 });
  const note = headers.find(({ type }) => type === 4);
  const view = new DataView(elf.buffer, elf.byteOffset + (note?.offset ?? 0));
  assert.equal(new TextDecoder().decode(elf.subarray((note?.offset ?? 0) + 12, (note?.offset ?? 0) + 18)), 'Diatom');
  assert.deepEqual(
    [8, 20, 24, 28].map((at) => view.getUint32(at, true)),
    [1, 2, 2, 0],
  );
});

test('a signal handler in compiled code can go on where the signal came in', () => {
  const image = build(`(module
    (import "linux" "write" (func $write (param i64 i64 i64) (result i64)))
    (import "linux" "memory_base" (func $base (result i64)))
    (import "linux" "signal_entry" (func $entry (result i64)))
    (import "linux" "rt_sigaction" (func $action (param i64 i64 i64 i64) (result i64)))
    (import "linux" "kill" (func $kill (param i64 i64) (result i64)))
    (import "linux" "getpid" (func $pid (result i64)))
    (import "linux" "exit_group" (func $exit (param i64) (result i64)))
    (memory 1)
    (func (export "on_signal") (param i32 i64 i64) (i32.store (i32.const 100) (local.get 0)))
    (func (export "_start") (local $live i64)
      (local.set $live (call $pid))
      (i64.store (i32.const 0) (call $entry))
      (i64.store (i32.const 8) (i64.const 0x4000004))
      (i64.store (i32.const 16) (call $entry))
      (drop (call $action (i64.const 10) (call $base) (i64.const 0) (i64.const 8)))
      (drop (call $kill (local.get $live) (i64.const 10)))
      (drop (call $exit (i64.extend_i32_u (i32.add (i32.load (i32.const 100)) (i64.ne (local.get $live) (call $pid))))))))`);
  assert.equal(spawnSync(writeExecutable(image.elf)).status, 10);
});

const refused: readonly (readonly [string, string, CompileOptions['flavour'], RegExp])[] = [
  [
    'an import of another module',
    '(module (import "env" "f" (func)) (func (export "_start")))',
    'linux',
    /env\.f.*unresolved/,
  ],
  [
    'an unknown system call',
    '(module (import "linux" "vfork" (func (result i64))) (func (export "_start")))',
    'linux',
    /no such/,
  ],
  [
    'a host call in an image',
    '(module (import "linux" "fork" (func (result i64))) (func (export "_start")))',
    'process',
    /not available in the process/,
  ],
  [
    'a system call with another type',
    '(module (import "linux" "close" (func (param i32))) (func (export "_start")))',
    'linux',
    /declared as .* but it is/,
  ],
  ['a module without entry', '(module (func (export "main")))', 'linux', /no exported function _start/],
  [
    'an entry that takes something',
    '(module (func (export "_start") (param i32)))',
    'linux',
    /must be a function of \(\)/,
  ],
  [
    'an element segment that does not fit',
    '(module (table 1 funcref) (elem (i32.const 1) $f) (func $f (export "_start")))',
    'linux',
    /unsupported: element segment does not fit a table of 1: instantiation would trap/,
  ],
  [
    'a data segment that does not fit',
    '(module (memory 1) (data (i32.const 65535) "ab") (func (export "_start")))',
    'linux',
    /unsupported: data segment ends at 65537, behind the memory's 65536 bytes: instantiation would trap/,
  ],
];

for (const [what, text, flavour, message] of refused) {
  test(`${what} is refused`, () => assert.throws(() => build(text, flavour), message));
}
