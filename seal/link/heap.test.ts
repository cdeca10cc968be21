/** The library OS's heap, compiled alone: a random history against what any allocator must keep. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { compileAssemblyScript } from './assemblyscript.ts';

interface Heap {
  readonly memory: WebAssembly.Memory;
  allocate(size: number): number;
  release(block: number, size: number): void;
  extend(block: number, size: number, newSize: number): number;
  roundUp(size: number): number;
}

const directory = join(dirname(createRequire(import.meta.url).resolve('@diatom/libos/abi')), 'guest', 'os');
const maximumPages = 64;

async function load(): Promise<Heap> {
  const wasm = await compileAssemblyScript({
    entry: 'heap.ts',
    directory,
    arguments: ['--runtime', 'stub', '--initialMemory', '4', '--maximumMemory', String(maximumPages)],
  });
  const { instance } = await WebAssembly.instantiate(wasm as Uint8Array<ArrayBuffer>, { env: { abort: () => {} } });
  return instance.exports as unknown as Heap;
}

/** Mulberry32. */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

test('blocks never overlap, keep their bytes, and what is given back can be had again', async () => {
  const seed = 20260802;
  const next = random(seed);
  const heap = await load();
  const live: { block: number; size: number; mark: number }[] = [];
  let refused = 0;
  const bytes = (block: number, size: number) => new Uint8Array(heap.memory.buffer, block, size);
  for (let round = 0; round < 3000; round++) {
    const at = next(live.length + 1);
    const entry = live[at];
    const mark = round & 255;
    if (entry === undefined || next(5) < 3) {
      const size = next(4) === 0 ? 1 + next(200_000) : 1 + next(3000);
      const block = heap.allocate(size);
      if (block === 0) {
        refused++;
        const half = live.splice(0, Math.ceil(live.length / 2));
        for (const old of half) heap.release(old.block, old.size);
        continue;
      }
      assert.ok(block + size <= heap.memory.buffer.byteLength, `inside memory, seed ${seed}`);
      bytes(block, size).fill(mark);
      live.push({ block, size, mark });
    } else if (next(3) === 0) {
      const newSize = entry.size + 1 + next(20_000);
      if (heap.extend(entry.block, entry.size, newSize) === 0) continue;
      bytes(entry.block + entry.size, newSize - entry.size).fill(entry.mark);
      entry.size = newSize;
    } else {
      assert.ok(
        bytes(entry.block, entry.size).every((byte) => byte === entry.mark),
        `block ${entry.block} of ${entry.size} bytes was overwritten, seed ${seed}, round ${round}`,
      );
      heap.release(entry.block, entry.size);
      live.splice(at, 1);
    }
  }
  assert.ok(refused > 0, 'the history reaches the memory limit');
  for (const { block, size } of live) heap.release(block, size);
  assert.notEqual(heap.allocate(2_500_000), 0, 'everything given back joins into one piece');
});

test('a block is at least as large as asked for', async () => {
  const heap = await load();
  for (const size of [1, 31, 32, 33, 2047, 2048, 2049, 4096, 4097, 1 << 20]) assert.ok(heap.roundUp(size) >= size);
  assert.equal(heap.allocate(1 << 30), 0);
});
