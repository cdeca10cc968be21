/** Classic BPF as the kernel runs it for seccomp: what the filters' tests ask. */
import { instructionBytes, opcodes } from './bpf.ts';
import { architecture } from './seccomp.ts';

/** struct seccomp_data */
export const callData = (number: number, args: readonly bigint[], arch = architecture): DataView => {
  const view = new DataView(new ArrayBuffer(64));
  view.setUint32(0, number, true);
  view.setUint32(4, arch, true);
  args.forEach((value, index) => {
    view.setBigUint64(16 + index * 8, value, true);
  });
  return view;
};

export const interpret = (filter: Uint8Array, data: DataView): number => {
  const program = new DataView(filter.buffer, filter.byteOffset, filter.byteLength);
  let accumulator = 0;
  for (let at = 0; at < filter.byteLength; at += instructionBytes) {
    const code = program.getUint16(at, true);
    const value = program.getUint32(at + 4, true);
    const branch = (taken: boolean): void => {
      at += program.getUint8(at + (taken ? 2 : 3)) * instructionBytes;
    };
    if (code === opcodes.loadWord) accumulator = data.getUint32(value, true);
    else if (code === opcodes.jumpEqual) branch(accumulator === value);
    else if (code === opcodes.jumpGreater) branch(accumulator > value);
    else if (code === opcodes.jumpGreaterOrEqual) branch(accumulator >= value);
    else if (code === opcodes.jumpAnyBit) branch((accumulator & value) !== 0);
    else if (code === opcodes.return) return value;
    else throw new Error(`opcode ${code}`);
  }
  throw new Error('ran off the end');
};
