// Memory for what lives longer than one call. Up to half a page: blocks of 2^n bytes with a free list per size, carved
// from pages that stay theirs. Above: runs of whole pages, first fit over a bitmap, given back and joined by clearing
// bits. Zero means that the memory limit is reached.

import { heapBitmap, heapBitmapBytes, heapStart } from "./scratch";

const smallestBits: u32 = 5;
const pageBits: u32 = 12;
const pageBytes: u32 = 1 << pageBits;
const wasmPageBits: u32 = 16;
const freeLists = memory.data(28, 8);

/** Pages of the heap that exist: the memory's size less what lies before the heap. */
let pageCount: u32 = 0;
/** No page below this one is free. */
let firstFree: u32 = 0;

function classBits(size: u32): u32 {
  return size <= 1 << smallestBits ? smallestBits : 32 - clz<u32>(size - 1);
}

function isSmall(size: u32): bool {
  return size <= pageBytes >> 1;
}

/** What `allocate(size)` really gives. */
export function roundUp(size: u32): u32 {
  return isSmall(size) ? 1 << classBits(size) : (size + pageBytes - 1) & ~(pageBytes - 1);
}

// @ts-ignore: decorator
@inline
function isUsed(page: u32): bool {
  return ((load<u32>(heapBitmap() + ((page >> 5) << 2)) >> (page & 31)) & 1) != 0;
}

function mark(page: u32, count: u32, used: bool): void {
  const end = page + count;
  for (; page < end; page++) {
    const word = heapBitmap() + ((page >> 5) << 2);
    const bit: u32 = 1 << (page & 31);
    store<u32>(word, used ? load<u32>(word) | bit : load<u32>(word) & ~bit);
  }
}

/** Make the heap `pages` long; false at the memory limit. */
function growTo(pages: u32): bool {
  if (pages > <u32>heapBitmapBytes << 3) return false;
  const end = heapStart() + (<usize>pages << pageBits);
  const size = <usize>memory.size() << wasmPageBits;
  if (end > size && memory.grow(<i32>((end - size + 0xffff) >> wasmPageBits)) < 0) return false;
  pageCount = ((<u32>memory.size() << wasmPageBits) - <u32>heapStart()) >> pageBits;
  return true;
}

function allocatePages(count: u32): usize {
  if (pageCount == 0 && !growTo(0)) return 0;
  let page = firstFree;
  let run: u32 = 0;
  let skipping = true;
  for (; page < pageCount && run < count; page++) {
    if (isUsed(page)) {
      run = 0;
      if (skipping) firstFree = page + 1;
    } else {
      run++;
      skipping = false;
    }
  }
  const start = page - run;
  if (run < count && !growTo(start + count)) return 0;
  mark(start, count, true);
  return heapStart() + (<usize>start << pageBits);
}

export function allocate(size: u32): usize {
  if (!isSmall(size)) return allocatePages(roundUp(size) >> pageBits);
  const bits = classBits(size);
  const list = freeLists + ((bits - smallestBits) << 2);
  const block = <usize>load<u32>(list);
  if (block != 0) {
    store<u32>(list, load<u32>(block));
    return block;
  }
  const page = allocatePages(1);
  if (page == 0) return 0;
  // The first block is the caller's, the others wait in the list.
  for (let at = page + pageBytes - (1 << bits); at > page; at -= 1 << bits) release(at, size);
  return page;
}

export function release(block: usize, size: u32): void {
  if (isSmall(size)) {
    const list = freeLists + ((classBits(size) - smallestBits) << 2);
    store<u32>(block, load<u32>(list));
    store<u32>(list, <u32>block);
    return;
  }
  const page = <u32>(block - heapStart()) >> pageBits;
  mark(page, roundUp(size) >> pageBits, false);
  firstFree = min(firstFree, page);
}

/** Make a block larger where it lies; false when the room behind it is taken. */
export function extend(block: usize, size: u32, newSize: u32): bool {
  if (isSmall(size)) return false;
  let page = (<u32>(block - heapStart()) + roundUp(size)) >> pageBits;
  const end = (<u32>(block - heapStart()) + roundUp(newSize)) >> pageBits;
  for (let at = page; at < min(end, pageCount); at++) {
    if (isUsed(at)) return false;
  }
  if (end > pageCount && !growTo(end)) return false;
  mark(page, end - page, true);
  return true;
}
