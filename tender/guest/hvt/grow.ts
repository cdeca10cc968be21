/** The hypercall `grow`. The guest names a memory and its new size; the monitor adds the pages. */
import { context } from '../trap';
import { growBytes, growMemoryIndex, growResult } from './layout';
import { growGuestMemory, guestMemory } from './place';
import { endByRule } from './verdict';

const wasmPageMask: u64 = 0xffff;

export function grow(): void {
  const index = load<u32>(growMemoryIndex);
  const size = load<u64>(growBytes);
  if (index >= context().memoryCount) endByRule('grow: the memory exists', index);
  if ((size & wasmPageMask) != 0 || size < guestMemory(index).size) endByRule('grow: the size is in pages of 64 KiB and not less than before', size);
  store<i32>(growResult, growGuestMemory(index, size) ? 0 : -1);
}
