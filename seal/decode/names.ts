import { Reader } from './reader.ts';

/** Function names of the name section (core specification §7.4). A broken name section is ignored, as the format asks. */
export function readFunctionNames(bytes: Uint8Array, offset: number, end: number): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const reader = new Reader(bytes, offset, end);
  try {
    while (!reader.done) {
      const id = reader.byte();
      const size = reader.u32();
      const start = reader.offset;
      if (id === 1) {
        reader.vector(() => {
          const index = reader.u32();
          names.set(index, reader.name());
        });
      }
      reader.offset = start + size;
    }
  } catch {
    return names;
  }
  return names;
}
