// Blocks of 2^n bytes with a free list per size. No block is ever split or merged: a connection's life is a few blocks
// of a few sizes, and allocation has to be bounded in time. Zero means that the memory limit is reached.

import { heapStart } from "./scratch";

const smallestBits: u32 = 5;
const largestBits: u32 = 23;
const freeLists = memory.data(96, 8);
let top: usize = 0;

function classBits(size: u32): u32 {
  return size <= 1 << smallestBits ? smallestBits : 32 - clz<u32>(size - 1);
}

/** What `allocate(size)` really gives. */
export function roundUp(size: u32): u32 {
  return 1 << classBits(size);
}

export function allocate(size: u32): usize {
  const bits = classBits(size);
  if (bits > largestBits) return 0;
  const list = freeLists + ((bits - smallestBits) << 2);
  const block = load<u32>(list);
  if (block != 0) {
    store<u32>(list, load<u32>(block));
    return block;
  }
  if (top == 0) top = heapStart();
  const end = top + (1 << bits);
  const available = <usize>memory.size() << 16;
  if (end > available && memory.grow(<i32>((end - available + 0xffff) >> 16)) < 0) return 0;
  const fresh = top;
  top = end;
  return fresh;
}

export function release(block: usize, size: u32): void {
  const list = freeLists + ((classBits(size) - smallestBits) << 2);
  store<u32>(block, load<u32>(list));
  store<u32>(list, block);
}
