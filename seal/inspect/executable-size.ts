/** How large an executable is, from its program headers (System V ABI, ELF-64; docs/process-image.md). */

export interface ExecutableSize {
  readonly imageBytes: number;
  /** Code with its constants, and the boot code where a target has some. */
  readonly textBytes: number;
  /** Context, globals and tables. */
  readonly dataBytes: number;
  /** Writable memory of an instance at start without its stack: data, linear memories. Untouched pages cost nothing. */
  readonly memoryBytes: number;
}

const headerBytes = 64;
const programHeaderBytes = 56;
const load = 1;
const linearMemory = 0x6474_d001;
/** Where data and text of an image lie; memories of a virtio image are loaded too, elsewhere. */
const isInWindow = (address: number) => address >= 0x1000_0000 && address < 0x2000_0000;
const executable = 1;
const writable = 2;

/** Bytes of a layer the image store has verified. */
export function measureExecutable(elf: Uint8Array): ExecutableSize {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const sum = { textBytes: 0, dataBytes: 0, memoryBytes: 0 };
  for (let index = 0; index < view.getUint16(56, true); index += 1) {
    const at = headerBytes + index * programHeaderBytes;
    const type = view.getUint32(at, true);
    const flags = view.getUint32(at + 4, true);
    const address = Number(view.getBigUint64(at + 16, true));
    const sizeBytes = Number(view.getBigUint64(at + 40, true));
    if (type === load && (flags & executable) !== 0) sum.textBytes += sizeBytes;
    if (type === load && (flags & writable) !== 0 && isInWindow(address)) sum.dataBytes += sizeBytes;
    if ((type === load || type === linearMemory) && (flags & writable) !== 0) sum.memoryBytes += sizeBytes;
  }
  return { imageBytes: elf.length, ...sum };
}
