// A split virtqueue (virtio 1.2 §2.7). x86 keeps stores in order, and so the device sees a descriptor before its entry.
// Indices run freely over 16 bits; the place of one is itself modulo the size.

import { peek32, poke32, poke64 } from './machine';
import { availableOffset, usedOffset } from './transport';
import { physical } from './shared-memory';

export const NEXT: u32 = 1;
/** The device writes. */
export const WRITE: u32 = 2;

const NO_INTERRUPT: u32 = 1;

export function setDescriptor(queue: i64, index: u32, buffer: i64, bytes: u32, flags: u32, next: u32): void {
  const at = queue + (<i64>index << 4);
  poke64(at, physical(buffer));
  poke32(at + 8, bytes);
  poke32(at + 12, flags | (next << 16));
}

/** Put a descriptor into the available ring at `position`; the device sees it when `publish` has said so. */
export function offer(queue: i64, size: u32, position: u32, descriptor: u32): void {
  // Entries are 16 bits wide: the other one of the word keeps its value.
  const place = position & (size - 1);
  const at = queue + availableOffset(size) + 4 + <i64>((place >> 1) << 2);
  const word = peek32(at);
  poke32(at, (place & 1) == 0 ? (word & 0xffff_0000) | descriptor : (word & 0xffff) | (descriptor << 16));
}

/** Everything before `position` is the device's. */
export function publish(queue: i64, size: u32, position: u32, interrupts: bool): void {
  poke32(queue + availableOffset(size), (position << 16) | (interrupts ? 0 : NO_INTERRUPT));
}

/** How far the device has come, over 16 bits. */
export function usedPosition(queue: i64, size: u32): u32 {
  return peek32(queue + usedOffset(size)) >> 16;
}

function usedEntry(queue: i64, size: u32, position: u32): i64 {
  return queue + usedOffset(size) + 4 + (<i64>(position & (size - 1)) << 3);
}

export function usedDescriptor(queue: i64, size: u32, position: u32): u32 {
  return peek32(usedEntry(queue, size, position)) & (size - 1);
}

export function usedBytes(queue: i64, size: u32, position: u32): u32 {
  return peek32(usedEntry(queue, size, position) + 4);
}
