/** A virtio network card (virtio 1.2 §2.7, §4.2, §5.1) from the device's side, for drivers under test. */
import type { SimulatedDevice } from './simulated-machine.ts';

export type Generation = 'modern' | 'legacy';

interface Queue {
  size: number;
  descriptors: number;
  available: number;
  used: number;
  /** How many entries of the available ring have been taken. */
  taken: number;
}

const sharedPhysical = 1_048_576;
const registers = {
  ...{ magic: 0x00, version: 0x04, device: 0x08, features: 0x10, featuresHalf: 0x14, chosen: 0x20, chosenHalf: 0x24 },
  ...{ pageBytes: 0x28, queue: 0x30, mostEntries: 0x34, size: 0x38, align: 0x3c, page: 0x40, ready: 0x44 },
  ...{ notify: 0x50, interrupts: 0x60, acknowledge: 0x64, status: 0x70, descriptors: 0x80, driver: 0x90, used: 0xa0 },
  configuration: 0x100,
} as const;
const hasAddress = 1 << 5;

export class SimulatedNetworkCard implements SimulatedDevice {
  readonly physical = 0xfeb0_0e00;
  /** What the driver has said by `status` at last: 15 or, legacy, 7 when it runs. */
  status = 0;
  notifications = 0;
  interrupts = 0;
  /** The shared region. */
  ram: Buffer = Buffer.alloc(0);
  /** Low and high half. */
  readonly chosen = [0, 0];
  private readonly address: Uint8Array;
  private readonly isLegacy: boolean;
  private readonly queues: readonly Queue[] = [0, 1].map(() => ({
    size: 0,
    descriptors: 0,
    available: 0,
    used: 0,
    taken: 0,
  }));
  private selected = 0;
  private half = 0;

  constructor(generation: Generation, address: Uint8Array) {
    this.isLegacy = generation === 'legacy';
    this.address = address;
  }

  private get queue(): Queue {
    return this.queueOf(this.selected);
  }

  private queueOf(index: number): Queue {
    const queue = this.queues[index];
    if (queue === undefined) throw new Error(`a network card has no queue ${index}`);
    return queue;
  }

  read(offset: number): number {
    switch (offset) {
      case registers.magic:
        return 0x7472_6976;
      case registers.version:
        return this.isLegacy ? 1 : 2;
      case registers.device:
        return 1;
      case registers.features:
        return this.half === 0 ? hasAddress | 0xff : 1;
      case registers.mostEntries:
        return 256;
      case registers.interrupts:
        return this.interrupts;
      case registers.status:
        return this.status;
      case registers.configuration:
      case registers.configuration + 4:
        return Buffer.concat([this.address, Buffer.alloc(2)]).readUInt32LE(offset - registers.configuration);
      default:
        throw new Error(`the driver reads register 0x${offset.toString(16)}`);
    }
  }

  write(offset: number, value: number): void {
    const at = value - sharedPhysical;
    switch (offset) {
      case registers.featuresHalf:
      case registers.chosenHalf:
        this.half = value;
        return;
      case registers.chosen:
        this.chosen[this.half] = value;
        return;
      case registers.queue:
        this.selected = value;
        return;
      case registers.size:
        this.queue.size = value;
        return;
      case registers.notify:
        this.notifications += 1;
        return;
      case registers.acknowledge:
        this.interrupts &= ~value;
        return;
      case registers.status:
        this.status = value;
        return;
    }
    if (this.isLegacy) this.writeLegacy(offset, value);
    else this.writeModern(offset, at, value);
  }

  private writeLegacy(offset: number, value: number): void {
    if (offset === registers.pageBytes || offset === registers.align) {
      if (value !== 4096) throw new Error(`register 0x${offset.toString(16)} gets ${value}`);
      return;
    }
    if (offset !== registers.page) throw new Error(`the driver writes register 0x${offset.toString(16)}`);
    const { queue } = this;
    queue.descriptors = value * 4096 - sharedPhysical;
    queue.available = queue.descriptors + queue.size * 16;
    queue.used = Math.ceil((queue.available + 6 + queue.size * 2) / 4096) * 4096;
  }

  private writeModern(offset: number, at: number, value: number): void {
    switch (offset) {
      case registers.descriptors:
        this.queue.descriptors = at;
        return;
      case registers.driver:
        this.queue.available = at;
        return;
      case registers.used:
        this.queue.used = at;
        return;
      case registers.ready:
        return;
      default:
        if (value !== 0) throw new Error(`the driver writes ${value} to register 0x${offset.toString(16)}`);
    }
  }

  private get headerBytes(): number {
    return this.isLegacy ? 10 : 12;
  }

  /** The buffer of the next descriptor the driver has offered. */
  private take(
    queue: Queue,
  ): { readonly index: number; readonly bytes: Buffer; readonly isWritable: boolean } | undefined {
    if (queue.taken === this.ram.readUInt16LE(queue.available + 2)) return undefined;
    const index = this.ram.readUInt16LE(queue.available + 4 + (queue.taken % queue.size) * 2);
    queue.taken = (queue.taken + 1) & 0xffff;
    const at = queue.descriptors + index * 16;
    const from = Number(this.ram.readBigUInt64LE(at)) - sharedPhysical;
    const flags = this.ram.readUInt16LE(at + 12);
    return {
      index,
      bytes: this.ram.subarray(from, from + this.ram.readUInt32LE(at + 8)),
      isWritable: (flags & 2) !== 0,
    };
  }

  private giveBack(queue: Queue, index: number, written: number): void {
    const position = this.ram.readUInt16LE(queue.used + 2);
    const at = queue.used + 4 + (position % queue.size) * 8;
    this.ram.writeUInt32LE(index, at);
    this.ram.writeUInt32LE(written, at + 4);
    this.ram.writeUInt16LE((position + 1) & 0xffff, queue.used + 2);
    // Bit 0 of the flags of the available ring: the driver wants no interrupt.
    if ((this.ram.readUInt16LE(queue.available) & 1) === 0) this.interrupts |= 1;
  }

  /** False when the driver has no buffer for it. */
  deliver(frame: Uint8Array): boolean {
    const queue = this.queueOf(0);
    const buffer = this.take(queue);
    if (buffer === undefined) return false;
    if (!buffer.isWritable) throw new Error('a buffer for received frames that must not be written');
    buffer.bytes.fill(0, 0, this.headerBytes);
    buffer.bytes.set(frame, this.headerBytes);
    this.giveBack(queue, buffer.index, this.headerBytes + frame.length);
    return true;
  }

  /** Frames the driver has sent since. */
  collect(): readonly Buffer[] {
    const queue = this.queueOf(1);
    const frames: Buffer[] = [];
    for (let buffer = this.take(queue); buffer !== undefined; buffer = this.take(queue)) {
      if (buffer.isWritable) throw new Error('a frame to send in a buffer to be written');
      if (buffer.bytes.subarray(0, this.headerBytes).some((byte) => byte !== 0))
        throw new Error('a header asks for offloads');
      frames.push(Buffer.from(buffer.bytes.subarray(this.headerBytes)));
      this.giveBack(queue, buffer.index, 0);
    }
    return frames;
  }
}
