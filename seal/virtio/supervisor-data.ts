/** The page ring 0 works with: descriptor tables, task state, variables, and its stack at the end. */
import { pageBytes } from './layout.ts';

/** Offsets in the page. */
const offsets = {
  gdt: 0,
  taskState: 0x80,
  gdtPointer: 0x200,
  idtPointer: 0x210,
  ramEnd: 0x240,
  free: 0x248,
  deviceCount: 0x250,
  memories: 0x280,
  idt: 0x400,
} as const;

/** Per memory: its size and the most it may have, in bytes. */
export const memoryRecordBytes = 16;
export const mostMemories = 8;

/** The arrangement of Linux, which monitors without hardware support for guests in ring 0 rely on for ring 3. */
export const selectors = {
  code32: 0x08,
  code64: 0x10,
  data: 0x18,
  userData: 0x2b,
  userCode: 0x33,
  taskState: 0x40,
} as const;

export interface SupervisorData {
  readonly address: number;
  readonly gdtPointer: number;
  readonly idtPointer: number;
  readonly ramEnd: number;
  /** Physical address of the first page nobody has. */
  readonly free: number;
  readonly deviceCount: number;
  readonly memories: number;
  readonly stackTop: number;
}

export function supervisorDataAt(address: number): SupervisorData {
  return {
    address,
    gdtPointer: address + offsets.gdtPointer,
    idtPointer: address + offsets.idtPointer,
    ramEnd: address + offsets.ramEnd,
    free: address + offsets.free,
    deviceCount: address + offsets.deviceCount,
    memories: address + offsets.memories,
    stackTop: address + pageBytes,
  };
}

/** Ports ring 3 may use: interval timer, real-time clock, serial port. */
const userPorts: readonly (readonly [from: number, to: number])[] = [
  [0x40, 0x43],
  [0x70, 0x71],
  [0x3f8, 0x3ff],
];
const highestPort = 0x3ff;
const taskStateBytes = 104;

/** Vectors of exceptions and of interrupts. None is a gate for ring 3: it calls by an illegal instruction. */
export const exceptionVectors = 32;
export const firstInterrupt = 0x20;
export const lastInterrupt = 0x2f;

/** `handlers`: address by vector. */
export function supervisorDataBytes(
  data: SupervisorData,
  start: {
    readonly handlers: ReadonlyMap<number, number>;
    readonly free: number;
    readonly memories: readonly { readonly sizeBytes: number; readonly maximumBytes: number }[];
  },
): Uint8Array {
  const bytes = new Uint8Array(pageBytes);
  const view = new DataView(bytes.buffer);
  const put = (offset: number, value: bigint) => view.setBigUint64(offset, value, true);
  // Descriptors: Intel SDM vol. 3A §3.4.5. All flat; `9b` code, `93` data, `f` ring 3, `a` long mode.
  put(offsets.gdt + selectors.code32, 0x00cf_9b00_0000_ffffn);
  put(offsets.gdt + selectors.code64, 0x00af_9b00_0000_ffffn);
  put(offsets.gdt + selectors.data, 0x00cf_9300_0000_ffffn);
  put(offsets.gdt + (selectors.userData & ~3), 0x00cf_f300_0000_ffffn);
  put(offsets.gdt + (selectors.userCode & ~3), 0x00af_fb00_0000_ffffn);
  const taskState = BigInt(data.address + offsets.taskState);
  const bitmapBytes = Math.floor(highestPort / 8) + 1;
  // The processor reads two bytes for a port: one byte of ones closes the bitmap (§19.5.2).
  const limit = BigInt(taskStateBytes + bitmapBytes);
  put(
    offsets.gdt + selectors.taskState,
    limit | ((taskState & 0xff_ffffn) << 16n) | (0x89n << 40n) | ((taskState >> 24n) << 56n),
  );
  put(offsets.gdt + selectors.taskState + 8, taskState >> 32n);
  put(offsets.taskState + 4, BigInt(data.stackTop));
  view.setUint16(offsets.taskState + 102, taskStateBytes, true);
  const bitmap = bytes
    .subarray(offsets.taskState + taskStateBytes)
    .subarray(0, bitmapBytes + 1)
    .fill(0xff);
  for (const [from, to] of userPorts) {
    for (let port = from; port <= to; port += 1) bitmap[port >> 3] = (bitmap[port >> 3] ?? 0) & ~(1 << (port & 7));
  }
  view.setUint16(offsets.gdtPointer, selectors.taskState + 15, true);
  put(offsets.gdtPointer + 2, BigInt(data.address + offsets.gdt));
  view.setUint16(offsets.idtPointer, (lastInterrupt + 1) * 16 - 1, true);
  put(offsets.idtPointer + 2, BigInt(data.address + offsets.idt));
  for (const [vector, address] of start.handlers) {
    const at = offsets.idt + vector * 16;
    view.setUint16(at, address & 0xffff, true);
    view.setUint16(at + 2, selectors.code64, true);
    // Interrupt gates: interrupts stay off.
    view.setUint16(at + 4, 0x8e00, true);
    view.setUint16(at + 6, address >>> 16, true);
  }
  put(offsets.free, BigInt(start.free));
  for (const [index, { sizeBytes, maximumBytes }] of start.memories.entries()) {
    put(offsets.memories + index * memoryRecordBytes, BigInt(sizeBytes));
    put(offsets.memories + index * memoryRecordBytes + 8, BigInt(maximumBytes));
  }
  return bytes;
}
