// The console ring. A line leaves the machine with the next hypercall, or now when the last one is a while ago.

import * as linux from "./linux";
import { consoleCapacity, consoleHead, consoleRing, consoleTail, flush } from "./hypercalls";
import { isLongSince } from "./clock";

const promptNs: i64 = 1_000_000;
const NEWLINE = 10;

export function console_write(ptr: usize, len: i32): void {
  const size = <u32>len;
  // The call has no result to say it by.
  if (<u64>(<u32>ptr) + size > (<u64>memory.size() << 16)) unreachable();
  let from = linux.memory_base() + <i64>(<u64>(<u32>ptr));
  let left = size;
  while (left > 0) {
    const head = <u32>linux.peek32(consoleHead);
    const room = consoleCapacity - (head - <u32>linux.peek32(consoleTail));
    if (room == 0) {
      flush();
      continue;
    }
    const at = head & (consoleCapacity - 1);
    const part = min(left, min(room, consoleCapacity - at));
    linux.copy(consoleRing + <i64>at, from, <i64>part);
    linux.poke32(consoleHead, head + part);
    from += <i64>part;
    left -= part;
  }
  if (size > 0 && load<u8>(ptr + size - 1) == NEWLINE && isLongSince(promptNs)) flush();
}
