// What the families have in common: bytes of arguments, results, and the stack that HACL* computes on.

import { arrayBufferLength, copyArrayBuffer, FALSE, free, malloc, newArrayBuffer, result, TRUE } from "../js/engine";

/** Word 0 of the memory holds the top of HACL*'s stack, which grows upwards; the block is only there during a call. */
const stackCell: usize = 0;

// @ts-ignore: decorator
@inline
export function length(context: usize, values: usize, index: i32): i32 {
  return arrayBufferLength(context, values + (index << 3));
}

/** A copy that the caller frees; not 0 for no bytes at all, but for no memory. */
export function copyOf(context: usize, values: usize, index: i32): usize {
  const value = values + (index << 3);
  return arrayBufferLength(context, value) == 0 ? malloc(1) : copyArrayBuffer(context, value);
}

/** A block as HACL*'s stack: 0 when there is none. */
export function enter(sizeBytes: i32): usize {
  const block = malloc(sizeBytes);
  if (block != 0) store<u32>(stackCell, <u32>((block + 15) & ~15));
  return block;
}

/** What lay on the stack may be secret. */
export function leave(block: usize, sizeBytes: i32): void {
  if (block == 0) return;
  memory.fill(block, 0, sizeBytes);
  store<u32>(stackCell, 0);
  free(block);
}

/** The engine owns the block from now on. */
export function bytes(context: usize, block: usize, sizeBytes: i32): usize {
  return block == 0 ? 0 : newArrayBuffer(context, block, sizeBytes);
}

// @ts-ignore: decorator
@inline
export function truth(value: bool): usize {
  return result(value ? TRUE : FALSE);
}

/** A block of the caller's that held a secret. */
export function wipe(block: usize, sizeBytes: i32): void {
  if (block == 0) return;
  memory.fill(block, 0, sizeBytes);
  free(block);
}
