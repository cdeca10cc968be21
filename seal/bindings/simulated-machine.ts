/** A bare machine made of a script, for the bindings of the virtio target: boot block, shared region, ports, time. */
import { bindingsOf } from '../link/bindings.ts';
import { bootBlock, bootWords, commandLineOffset, sharedBase, sharedBytes } from '../virtio/layout.ts';

const memoryBase = 0x4_0000_0000n;
const mebibyte = 1_048_576;

export class MachineEnded extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`ended with ${status}`);
    this.status = status;
  }
}

/** Registers of a device at a physical address, read and written as 32-bit words; its configuration also by bytes. */
export interface SimulatedDevice {
  readonly physical: number;
  read(offset: number): number;
  write(offset: number, value: number): void;
}

export interface MachineScript {
  readonly commandLine?: string;
  /** Words of the boot block by index. */
  readonly words?: Readonly<Record<number, bigint>>;
  /** What a port answers; all ones by default, as where nothing is. */
  readonly ports?: Readonly<Record<number, () => number>>;
  /** They see the shared region as RAM from 1 MiB on. */
  readonly devices?: readonly SimulatedDevice[];
  /** What happens while the image waits for an interrupt. */
  readonly onWait?: () => void;
  /** Registers of a real-time clock at ports 0x70 and 0x71. */
  readonly clockRegisters?: Readonly<Record<number, number>>;
}

export interface SimulatedMachine {
  readonly calls: Readonly<Record<string, (...values: (number | bigint)[]) => number | bigint>>;
  readonly memory: Buffer;
  readonly shared: Buffer;
  /** Port and value of every write to a port. */
  readonly written: readonly (readonly [port: number, value: number])[];
  /** What came out of the serial port. */
  readonly console: () => string;
  ticks: bigint;
}

const serialData = 0x3f8;
const serialStatus = 0x3fd;
const clockIndex = 0x70;
const services = { wait: 0, exit: 2, mapDevice: 3 } as const;
/** Where the interrupt controllers are; nothing but memory here. */
const controllers: readonly number[] = [0xfee0_0000, 0xfec0_0000];
/** Pages of devices keep their physical addresses, apart from everything else. */
const deviceWindow = 0x1_0000_0000n;
const pageBytes = 4096;

let compiled: Promise<WebAssembly.Module> | undefined;

export async function simulateMachine(script: MachineScript): Promise<SimulatedMachine> {
  compiled ??= bindingsOf('virtio').then((wasm) => WebAssembly.compile(wasm as Uint8Array<ArrayBuffer>));
  const memory = new WebAssembly.Memory({ initial: 1 });
  const boot = Buffer.alloc(4096);
  const shared = Buffer.alloc(sharedBytes);
  const line = Buffer.from(script.commandLine ?? '', 'latin1');
  line.copy(boot, commandLineOffset);
  const words: Readonly<Record<number, bigint>> = {
    [bootWords.commandLine]: BigInt(bootBlock + commandLineOffset),
    [bootWords.commandLineBytes]: BigInt(line.length),
    [bootWords.sharedPhysical]: BigInt(mebibyte),
    ...script.words,
  };
  for (const [index, value] of Object.entries(words)) boot.writeBigUInt64LE(value, Number(index) * 8);
  const regions: readonly (readonly [bigint, Buffer])[] = [
    ...controllers.map((physical) => [deviceWindow + BigInt(physical), Buffer.alloc(pageBytes)] as const),
    [BigInt(bootBlock), boot],
    [BigInt(sharedBase), shared],
    [memoryBase, Buffer.from(memory.buffer)],
  ];
  const at = (address: bigint): Buffer => {
    const found = regions.find(([base, bytes]) => address >= base && address < base + BigInt(bytes.length));
    if (found === undefined) throw new Error(`nothing is mapped at ${address.toString(16)}`);
    return found[1].subarray(Number(address - found[0]));
  };
  const deviceAt = (address: bigint): { readonly device: SimulatedDevice; readonly offset: number } | undefined => {
    const physical = Number(address - deviceWindow);
    const device = script.devices?.find((each) => physical >= each.physical && physical < each.physical + 512);
    return device === undefined ? undefined : { device, offset: physical - device.physical };
  };
  const written: [number, number][] = [];
  const out: number[] = [];
  const clockRegister = () => written.findLast(([port]) => port === clockIndex)?.[1] ?? 0;
  const ports: Readonly<Record<number, () => number>> = {
    [serialStatus]: () => 0x60,
    [clockIndex + 1]: () => script.clockRegisters?.[clockRegister()] ?? 0xff,
    ...script.ports,
  };
  const state = { ticks: 0n };
  const imports: Readonly<Record<string, (...values: never[]) => number | bigint | undefined>> = {
    memory_base: () => memoryBase,
    boot: (word: number) => boot.readBigInt64LE(word * 8),
    peek8: (address: bigint) => {
      const found = deviceAt(address);
      if (found === undefined) return at(address).readUInt8();
      return (found.device.read(found.offset & ~3) >>> ((found.offset & 3) * 8)) & 255;
    },
    peek32: (address: bigint) => {
      const found = deviceAt(address);
      return found === undefined ? at(address).readInt32LE() : found.device.read(found.offset) | 0;
    },
    peek64: (address: bigint) => at(address).readBigInt64LE(),
    poke8: (address: bigint, value: number) => void at(address).writeUInt8(value & 255),
    poke32: (address: bigint, value: number) => {
      const found = deviceAt(address);
      if (found === undefined) at(address).writeInt32LE(value);
      else found.device.write(found.offset, value >>> 0);
      return undefined;
    },
    poke64: (address: bigint, value: bigint) => void at(address).writeBigInt64LE(value),
    copy: (to: bigint, from: bigint, length: bigint) => void at(from).copy(at(to), 0, 0, Number(length)),
    timestamp: () => state.ticks,
    in8: (port: number) => ports[port]?.() ?? 0xff,
    out8: (port: number, value: number) => {
      written.push([port, value & 255]);
      if (port === serialData) out.push(value & 255);
      return undefined;
    },
    supervisor: (service: number, first: bigint) => {
      if (service === services.exit) throw new MachineEnded(Number(first));
      if (service === services.mapDevice) return deviceWindow + first;
      script.onWait?.();
      return 0n;
    },
  };
  const instance = await WebAssembly.instantiate(await compiled, { env: { memory }, linux: imports });
  return Object.assign(state, {
    calls: instance.exports as unknown as SimulatedMachine['calls'],
    ...{ memory: Buffer.from(memory.buffer), shared, written },
    console: () => Buffer.from(out).toString('latin1'),
  });
}
