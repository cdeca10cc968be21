/** A virtio image around machine code made by hand. */
import type { GeneratedProgram } from '@diatom/seal/codegen/program.ts';
import { type VirtioOptions, writeVirtioImage } from '@diatom/seal/virtio/image.ts';

export const dataAddress = 0x1000_0000;
export const textAddress = 0x1000_1000;
export const memoryBytes = 65_536;

/** One page of data, the code, one memory that may become twice as large. */
export function machineImage(text: Uint8Array, options: VirtioOptions = {}): Uint8Array {
  const program: GeneratedProgram = {
    entryAddress: textAddress,
    textAddress,
    text,
    context: {
      ...{ boot: dataAddress, address: dataAddress, sizeBytes: 4096 },
      ...{ memories: [], globals: [], tables: [], dataLengths: [], elementLengths: [] },
    },
    data: new Uint8Array(8),
    memories: [{ base: 0, sizeBytes: memoryBytes, maximumBytes: 2 * memoryBytes, bytes: new Uint8Array(0) }],
    functions: [],
    systemCalls: [],
  };
  return writeVirtioImage(program, options);
}
