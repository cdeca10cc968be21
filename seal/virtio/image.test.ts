/** What a virtio image promises about its machine, told from the file: the note, what is loaded where, and every page table entry. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../compile.ts';
import { assemble } from '../testing/assemble.ts';
import { bootBlock, deviceWindow, memoryBase, sharedBase, sharedBytes, stackGuard, stackStart } from './layout.ts';
import { selfEntry } from './page-tables.ts';

const megabyte = 2 ** 20;
const text = `(module
  (memory 3 100) (memory 2 2)
  (data (memory 0) (i32.const 70000) "initial")
  (func (export "_start") (drop (memory.grow 0 (i32.const 1)))))`;
const build = () => Buffer.from(compile(assemble(text), { flavour: 'virtio' }).elf);

interface Segment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly linear: number;
  readonly physical: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
}

function segmentsOf(elf: Buffer): readonly Segment[] {
  return Array.from({ length: elf.readUInt16LE(56) }, (_, index) => {
    const at = 64 + index * 56;
    const word = (offset: number) => Number(elf.readBigUInt64LE(at + offset));
    return {
      ...{ type: elf.readUInt32LE(at), flags: elf.readUInt32LE(at + 4), offset: word(8), linear: word(16) },
      ...{ physical: word(24), fileBytes: word(32), memoryBytes: word(40) },
    };
  });
}

/** RAM after a monitor has loaded the file. */
function loaded(elf: Buffer): Buffer {
  const ram = Buffer.alloc(4 * megabyte);
  for (const { type, offset, physical, fileBytes } of segmentsOf(elf)) {
    if (type === 1) elf.copy(ram, physical, offset, offset + fileBytes);
  }
  return ram;
}

interface Page {
  readonly linear: bigint;
  readonly physical: number;
  readonly user: boolean;
  readonly write: boolean;
  readonly execute: boolean;
}

const present = 1n;
const noExecute = 63n;

/** Every page that is mapped, and the tables on the way; the entry that points back to the highest table is left out. */
function walk(ram: Buffer, root: number): { readonly pages: readonly Page[]; readonly tables: ReadonlySet<number> } {
  const pages: Page[] = [];
  const tables = new Set<number>();
  const visit = (table: number, level: number, linear: bigint, user: boolean, write: boolean, execute: boolean) => {
    tables.add(table);
    for (let index = 0; index < 512; index += 1) {
      const entry = ram.readBigUInt64LE(table + index * 8);
      if ((entry & present) === 0n || (level === 3 && index === selfEntry)) continue;
      const physical = Number(entry & 0xf_ffff_ffff_f000n);
      const at = linear | (BigInt(index) << BigInt(12 + 9 * level));
      const rights = [user && (entry & 4n) !== 0n, write && (entry & 2n) !== 0n] as const;
      const executes = execute && entry >> noExecute === 0n;
      if (level > 0) visit(physical, level - 1, at, ...rights, executes);
      else pages.push({ linear: at, physical, user: rights[0], write: rights[1], execute: executes });
    }
  };
  visit(root, 3, 0n, true, true, true);
  return { pages, tables };
}

const elf = build();
const ram = loaded(elf);
const loads = segmentsOf(elf).filter(({ type }) => type === 1);
// Loaded as bytes that are neither code nor to be written: the tables, at no linear address of their own.
const root = loads.find(({ linear, physical, flags }) => linear === physical && flags === 4)?.physical ?? 0;
const { pages, tables } = walk(ram, root);
const at = (linear: number) => pages.find((page) => page.linear === BigInt(linear));

test('the same module gives the same bytes', () => {
  assert.ok(elf.equals(build()));
});

test('the note names a physical entry in code, and the target', () => {
  const note = segmentsOf(elf).find(({ type }) => type === 4);
  const bytes = elf.subarray(note?.offset).subarray(0, note?.fileBytes);
  assert.deepEqual([bytes.readUInt32LE(0), bytes.readUInt32LE(4), bytes.readUInt32LE(8)], [4, 8, 18]);
  assert.equal(bytes.toString('latin1', 12, 16), 'Xen\0');
  const entry = Number(bytes.readBigUInt64LE(16));
  const code = loads.find(({ physical, fileBytes }) => entry >= physical && entry < physical + fileBytes);
  assert.deepEqual([code?.flags, code?.linear], [5, code?.physical]);
  assert.equal(bytes.toString('latin1', 36, 43), 'Diatom\0');
  assert.deepEqual(
    [44, 48, 52].map((offset) => bytes.readUInt32LE(offset)),
    [2, 2, 2],
  );
});

test('segments lie in RAM one after the other, from the first megabyte on', () => {
  let end = megabyte;
  for (const { physical, memoryBytes } of loads) {
    assert.ok(physical >= end && physical % 4096 === 0, physical.toString(16));
    end = physical + memoryBytes;
  }
});

test('no page is writable and executable', () => {
  assert.deepEqual(
    pages.filter(({ write, execute }) => write && execute),
    [],
  );
  assert.ok(pages.some(({ execute }) => execute));
});

test('ring 3 has the image, its memories, stack, boot block and shared region, and nothing else', () => {
  const ranges: readonly (readonly [number, number, string])[] = [
    [0x1000_0000, 0x1000_1000, 'w'],
    [0x1000_1000, 0x1000_2000, 'x'],
    [bootBlock, bootBlock + 4096, ''],
    [sharedBase, sharedBase + sharedBytes, 'w'],
    [stackStart, stackStart + 256 * 1024, 'w'],
    [memoryBase(0), memoryBase(0) + 3 * 65_536, 'w'],
    [memoryBase(1), memoryBase(1) + 2 * 65_536, 'w'],
  ];
  const expected = ranges.flatMap(([from, to, rights]) =>
    Array.from({ length: (to - from) / 4096 }, (_, index) => `${(from + index * 4096).toString(16)} ${rights}`),
  );
  const user = pages.filter((page) => page.user);
  const found = user.map(
    ({ linear, write, execute }) => `${linear.toString(16)} ${write ? 'w' : ''}${execute ? 'x' : ''}`,
  );
  assert.deepEqual(found.toSorted(), expected.toSorted());
  for (const guard of [0, stackGuard, stackStart - 4096, deviceWindow]) assert.equal(at(guard), undefined);
});

test('no page is mapped twice for ring 3, and none that ring 0 works with', () => {
  const user = pages.filter((page) => page.user).map(({ physical }) => physical);
  assert.equal(new Set(user).size, user.length);
  const others = new Set([...pages.filter((page) => !page.user).map(({ physical }) => physical), ...tables]);
  assert.deepEqual(
    user.filter((physical) => others.has(physical)),
    [],
  );
});

test('ring 0 has its code and data where they are in RAM, and reaches the tables through the highest one', () => {
  const supervisor = pages.filter((page) => !page.user);
  const apic = supervisor.filter(({ physical }) => physical === 0xfee0_0000);
  assert.equal(apic.length, 1);
  for (const { linear, physical } of supervisor) assert.ok(physical === 0xfee0_0000 || linear === BigInt(physical));
  const self = ram.readBigUInt64LE(root + selfEntry * 8);
  assert.deepEqual([Number(self & 0xffff_f000n), self & 4n, self >> noExecute], [root, 0n, 1n]);
});

test('every page holds what the file says of its address', () => {
  assert.equal(
    ram.toString('latin1', (at(memoryBase(0) + 65_536)?.physical ?? 0) + 70_000 - 65_536).slice(0, 7),
    'initial',
  );
  const words = ram.subarray(at(bootBlock)?.physical);
  assert.equal(words.readBigUInt64LE(0), 0x6d6f_7461_6964_0001n);
  assert.deepEqual([words.readBigUInt64LE(64), words.readBigUInt64LE(72)], [memoryBase(0), memoryBase(1)].map(BigInt));
  assert.equal(Number(words.readBigUInt64LE(40)), at(sharedBase)?.physical);
});

test('memories have directories for all they may become, and page tables for what they are', () => {
  const directory = (linear: number): bigint => {
    const pointers = Number(ram.readBigUInt64LE(root) & 0xffff_f000n);
    return ram.readBigUInt64LE(pointers + Math.floor(linear / 2 ** 30) * 8);
  };
  assert.notEqual(directory(memoryBase(0)), 0n);
  assert.equal(directory(memoryBase(0) + 2 ** 30), 0n);
  assert.ok(tables.size < 16, `${tables.size} tables`);
});
