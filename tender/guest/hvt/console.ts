/** The console ring: bytes from the guest to descriptor 1, in order, at every exit. */
import { EINTR, native, write } from '../linux';
import { consoleCapacity, consoleHead, consoleRing, consoleTail } from './layout';

/** More than the ring holds is taken as a full ring: what is in it belongs to the guest anyway. */
export function drainConsole(): void {
  const head = load<u32>(consoleHead);
  let tail = load<u32>(consoleTail);
  if (head - tail > consoleCapacity) tail = head - consoleCapacity;
  while (tail != head) {
    const at = tail & (consoleCapacity - 1);
    const length = min(head - tail, consoleCapacity - at);
    const written = write(1, native(consoleRing + at), length);
    if (written == EINTR) continue;
    // Nobody reads the console any more: the program goes on.
    if (written <= 0) break;
    tail += <u32>written;
  }
  store<u32>(consoleTail, head);
}
