/** Blocks for slots: powers of two from 2 KiB to 512 KiB, a free list each, never given back to the bump pointer. */
import { arenaStart, memoryEnd } from './layout';

const smallestShift: i32 = 11;
const largestShift: i32 = 19;

/** The free lists' heads lie at the arena's start, one word per size. */
let next: usize = arenaStart + 64;

function shiftFor(length: usize): i32 {
  let shift = smallestShift;
  while ((<usize>1) << shift < length) shift++;
  return shift;
}

/** 0 when there is no room. The block starts zeroed. */
export function allocate(length: usize): usize {
  const shift = shiftFor(length);
  if (shift > largestShift) return 0;
  const size: usize = (<usize>1) << shift;
  const head = arenaStart + (<usize>(shift - smallestShift) << 2);
  let block: usize = load<u32>(head);
  if (block != 0) {
    store<u32>(head, load<u32>(block));
  } else {
    if (memoryEnd - next < size) return 0;
    block = next;
    next += size;
  }
  memory.fill(block, 0, size);
  return block;
}

export function release(block: usize, length: usize): void {
  const head = arenaStart + (<usize>(shiftFor(length) - smallestShift) << 2);
  store<u32>(block, load<u32>(head));
  store<u32>(head, block);
}
