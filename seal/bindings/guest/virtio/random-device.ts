// virtio-rng (virtio 1.2 §5.4), asked once.

import { address, copy, poke8, waitForInterrupt } from './machine';
import { acknowledge, find, foundPin, negotiate, notify, openQueue, RANDOM, run } from './transport';
import { offer, publish, setDescriptor, usedBytes, usedPosition, WRITE } from './queue';
import { takePages } from './shared-memory';

const size: u32 = 8;

/** False when there is no such device. */
export function randomFromDevice(ptr: usize, len: i32): bool {
  const registers = find(RANDOM);
  if (registers == 0) return false;
  const pin = foundPin;
  negotiate(registers, 0);
  const queue = openQueue(registers, 0, size);
  const buffer = takePages(len);
  run(registers, pin);
  let filled = 0;
  let position: u32 = 0;
  // It may give fewer bytes than there is room for.
  while (filled < len) {
    setDescriptor(queue, 0, buffer + filled, len - filled, WRITE, 0);
    offer(queue, size, position, 0);
    publish(queue, size, position + 1, true);
    notify(registers, 0);
    while (true) {
      acknowledge(registers);
      if (usedPosition(queue, size) != position) break;
      waitForInterrupt();
    }
    filled += min<i32>(<i32>usedBytes(queue, size, position), len - filled);
    position++;
  }
  copy(address(ptr), buffer, len);
  for (let at = 0; at < len; at++) poke8(buffer + at, 0);
  return true;
}
