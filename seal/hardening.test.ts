/** What holds for the bytes of every image, whatever was compiled; test/hostile.test.ts attacks images that run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CompiledImage, compile, type Flavour } from './compile.ts';
import { assemble } from './testing/assemble.ts';
import { quickjsProgram } from './testing/programs/quickjs.ts';

const flavours: readonly Flavour[] = ['process', 'hvt', 'linux'];
const lowestAddress = 0x1000_0000;
const [loadType, executable, writable] = [1, 1, 2] as const;

function segmentsOf({ elf }: CompiledImage) {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  return Array.from({ length: view.getUint16(56, true) }, (_, index) => {
    const at = 64 + index * 56;
    const word = (offset: number) => Number(view.getBigUint64(at + offset, true));
    const [offset, sizeBytes] = [word(8), word(32)];
    const flags = view.getUint32(at + 4, true);
    return {
      type: view.getUint32(at, true),
      flags,
      address: word(16),
      bytes: elf.subarray(offset, offset + sizeBytes),
    };
  });
}

const text = `(module (memory 1) (table 3 funcref) (elem (i32.const 1) $f $g)
  (global $counter (mut i32) (i32.const 7)) (data (i32.const 8) "data")
  (func $f (result i32) (i32.load (i32.const 8)))
  (func $g (result i32) (global.get $counter))
  (func (export "_start") (drop (call_indirect (result i32) (i32.const 1))) (drop (memory.grow (i32.const 1)))))`;

for (const flavour of flavours) {
  test(`${flavour}: no segment is writable and executable, none lies low`, () => {
    const loaded = segmentsOf(compile(assemble(text), { flavour })).filter(({ type }) => type === loadType);
    assert.ok(loaded.some(({ flags }) => flags & executable) && loaded.some(({ flags }) => flags & writable));
    for (const { flags, address } of loaded) {
      assert.ok(!(flags & executable && flags & writable));
      assert.ok(address >= lowestAddress);
    }
  });
}

/** Places in writable bytes, one for each 8-byte word that is the address of a function. */
function functionPointers(image: CompiledImage): readonly number[] {
  // The entry is in the headers, which lie in the same page as data.
  const compiled = image.functions.filter(({ name }) => name !== 'seal:entry');
  const entries = new Set(compiled.map(({ address }) => BigInt(address)));
  return segmentsOf(image)
    .filter(({ flags }) => flags & writable)
    .flatMap(({ bytes, address }) => {
      // The file leaves out zeros at the end, those of the last word too.
      const padded = Buffer.concat([bytes, new Uint8Array(8)]);
      const view = new DataView(padded.buffer, padded.byteOffset, padded.byteLength);
      const words = Array.from({ length: Math.ceil(bytes.length / 8) }, (_, index) => index * 8);
      return words.flatMap((at) => (entries.has(view.getBigUint64(at, true)) ? [address + at] : []));
    });
}

test('the only writable addresses of functions are the elements of the tables', () => {
  for (const flavour of flavours) {
    const [first = 0, second, ...others] = functionPointers(compile(assemble(text), { flavour }));
    assert.deepEqual([second, ...others], [first + 8]);
    assert.deepEqual(functionPointers(compile(assemble(text.replace('$f $g)', ')')), { flavour })), []);
  }
});

test('in QuickJS too they lie side by side, where its one table is', async () => {
  const pointers = functionPointers(compile(await quickjsProgram('1'), { flavour: 'linux' }));
  assert.ok(pointers.length > 100);
  const tableBytes = (pointers.at(-1) ?? 0) - (pointers[0] ?? 0) + 8;
  // One element in a thousand may be null.
  assert.ok(tableBytes / 8 < pointers.length * 1.001, `${pointers.length} in ${tableBytes} bytes`);
});
