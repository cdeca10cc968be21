/** What a guest may try with its memory and with hypercalls, and what the monitor says to it. */
import { dataAddress, textAddress } from '../hostile/image.ts';
import { bytes, forever, jumpTo, load, loadBootWord, loadFrom, program, storeTo } from '../hostile/machine-code.ts';
import { type Command, control, hvtSurvive, hypercall, ports, storeWord, writeCommands } from './rig.ts';

export interface Attack {
  readonly name: string;
  readonly text: Uint8Array;
  readonly message: RegExp;
}

const attack = (name: string, message: RegExp, ...text: readonly Uint8Array[]): Attack => ({
  name,
  text: program(...text, hvtSurvive),
  message,
});

/** rbx = word of the boot block; then mov al, [rbx + distance] */
const readBeside = (word: number, distance: number): Uint8Array => {
  const displacement = Buffer.alloc(4);
  displacement.writeInt32LE(distance);
  return program(loadBootWord(word), bytes(0x8a, 0x83), displacement);
};

const firstMemory = 8;
const supervisor = 0x3fe0_0000;
const descriptors = supervisor;
const stubs = supervisor + 0x1000;
const exceptionStack = supervisor + 0x2000;
const notItsOwn = /not its own|out of bounds|general protection/;
const notCode = /execute memory that is not code/;

export const memoryAttacks: readonly Attack[] = [
  attack('writes to its text', /wrote to memory/, storeTo(textAddress)),
  attack('writes to its boot block', /wrote to memory/, bytes(0xc6, 0x07, 0x00)),
  attack('jumps into data', notCode, jumpTo(dataAddress)),
  attack('jumps into its linear memory', notCode, loadBootWord(firstMemory), bytes(0xff, 0xe3)),
  attack('jumps onto its stack', notCode, bytes(0xff, 0xe4)),
  attack('jumps into its boot block', notCode, bytes(0xff, 0xe7)),
  attack('jumps into the shared region', notCode, jumpTo(control.start)),
  attack('jumps to null', notCode, bytes(0x31, 0xc0, 0xff, 0xe0)),
  attack('reads through a null pointer', /read memory/, loadFrom(0)),
  attack('writes through a null pointer', /wrote to memory/, storeTo(8)),
  attack('reads past its linear memory', /out of bounds/, readBeside(firstMemory, 0x1_0000)),
  attack('reads before its linear memory', notItsOwn, readBeside(firstMemory, -1)),
  attack('reads past the shared region', notItsOwn, loadFrom(control.start + control.bytes)),
  attack('reads before the shared region', notItsOwn, loadFrom(control.start - 1)),
  attack('reads past its data', notItsOwn, loadFrom(dataAddress + 4096)),
  attack('exhausts its stack', /stack exhausted/, forever(bytes(0x50))),
  attack(
    'copies over everything behind its linear memory',
    /out of bounds/,
    loadBootWord(firstMemory),
    // mov rdi, rbx; mov rcx, -1; rep stosb
    bytes(0x48, 0x89, 0xdf),
    load('rcx', -1),
    bytes(0xf3, 0xaa),
  ),
  attack('reads the descriptor tables', notItsOwn, loadFrom(descriptors)),
  attack('writes to the descriptor tables', notItsOwn, storeTo(descriptors + 0x30)),
  attack('writes to the permissions of ports', notItsOwn, storeTo(descriptors + 0x100 + 104)),
  attack('reads the stubs of ring 0', notItsOwn, loadFrom(stubs)),
  attack('writes to the stubs of ring 0', notItsOwn, storeTo(stubs)),
  attack('jumps into the stubs of ring 0', notCode, jumpTo(stubs)),
  attack('reads the stack of exceptions', notItsOwn, loadFrom(exceptionStack)),
  attack('writes to the stack of exceptions', notItsOwn, storeTo(exceptionStack + 0xff8)),
  attack('has its stack where exceptions are', notItsOwn, load('rsp', exceptionStack + 0x1000), bytes(0x50)),
  attack('has its stack at null', notItsOwn, load('rsp', 0), bytes(0x50)),
  attack('has its stack nowhere and traps', /unreachable/, load('rsp', 0), bytes(0x0f, 0x0b, 1)),
  attack(
    'has its stack at an impossible address',
    /bus|general protection/,
    load('rsp', (1n << 47n) + 0x1000n),
    bytes(0x50),
  ),
  attack('runs off the end of its text', /./, jumpTo(textAddress + 4095)),
];

/** Where page tables, firmware, devices and kernels are found: not mapped in any guest. */
export const foreignAddresses: readonly bigint[] = [
  ...[0x1000n, 0xa_0000n, 0xf_0000n, 0x10_0000n, 0x40_0000n, 0x40_3000n, 0x100_0000n, 0x4000_0000n - 0x1000n],
  ...[0xfec0_0000n, 0xfee0_0000n, 0x1_0000_0000n, 1n << 40n, 1n << 43n, (1n << 44n) - 1n, (1n << 47n) - 1n],
  ...[1n << 47n, 1n << 56n, 1n << 63n, 0xdead_beef_dead_beefn],
  ...[0xffff_8000_0000_0000n, 0xffff_8880_0000_0000n, 0xffff_c900_0000_0000n, 0xffff_ea00_0000_0000n],
  ...[0xffff_fe00_0000_0000n, 0xffff_fe00_0000_1000n, 0xffff_ffff_8000_0000n, 0xffff_ffff_8100_0000n],
  ...[0xffff_ffff_a000_0000n, 0xffff_ffff_ff5f_d000n, 0xffff_ffff_ff60_0000n, 0xffff_ffff_ffff_ffffn],
];

const commands = (name: string, message: RegExp, ...list: readonly Command[]): Attack =>
  attack(name, message, writeCommands(...list), hypercall(ports.flush));

const kinds = { listen: 1, send: 2, shutdown: 3, close: 4, release: 5, want: 6 } as const;
const namesNoConnection = /names an open connection/;

export const ruleAttacks: readonly Attack[] = [
  commands('gives no command', /kind from 1 to/, [0]),
  commands('gives an unknown command', /kind from 1 to/, [0xffff_ffff, 1, 2, 3]),
  commands('listens on a socket it has not', /listen: the handle/, [kinds.listen, 0]),
  commands('listens on a wild handle', /listen: the handle/, [kinds.listen, 0xffff_ffff]),
  commands('sends to nobody', namesNoConnection, [kinds.send, 16, 0, 1]),
  commands('sends to a wild handle', namesNoConnection, [kinds.send, 0xffff_ffff, 0, 1]),
  commands('sends to a listening socket', namesNoConnection, [kinds.send, 0, 0, 1]),
  commands('shuts nobody down', namesNoConnection, [kinds.shutdown, 17]),
  commands('closes nobody', namesNoConnection, [kinds.close, 0x8000_0000]),
  commands('wants to send to nobody', namesNoConnection, [kinds.want, 4096 + 16]),
  commands('releases a buffer it has not', /release: the buffer/, [kinds.release, 0, 0]),
  commands('releases a wild buffer', /release: the buffer/, [kinds.release, 0, 0xffff_ffff]),
  attack(
    'claims more commands than there are',
    /command ring/,
    storeWord(control.commandHead, 257),
    hypercall(ports.flush),
  ),
  attack('takes commands back', /command ring/, storeWord(control.commandHead, -1), hypercall(ports.flush)),
  attack('has read events that were never there', /event ring/, storeWord(control.eventTail, 1), hypercall(ports.wait)),
  attack('receives from nobody', /receive: the handle/, storeWord(control.receiveHandle, 16), hypercall(ports.receive)),
  attack(
    'receives from a wild handle',
    /receive: the handle/,
    storeWord(control.receiveHandle, -1),
    hypercall(ports.receive),
  ),
  attack('grows a memory it has not', /grow: the memory/, storeWord(control.growMemory, 8), hypercall(ports.grow)),
  attack('grows a wild memory', /grow: the memory/, storeWord(control.growMemory, -1), hypercall(ports.grow)),
  attack('shrinks its memory', /grow: the size/, hypercall(ports.grow)),
  attack('grows by half a page', /grow: the size/, storeWord(control.growBytes, 0x1_8000), hypercall(ports.grow)),
  attack('makes a hypercall of one byte', /four bytes/, bytes(0xe6, ports.flush)),
  attack('makes a hypercall of two bytes', /four bytes/, bytes(0x66, 0xe7, ports.flush)),
  attack('reads from a port of a hypercall', /four bytes/, bytes(0xe5, ports.flush)),
  attack(
    'asks for a connection to more than a name',
    /connect: the target/,
    storeWord(control.connectLength, 301),
    hypercall(ports.connect),
  ),
  attack(
    'asks why a connection failed that there is not',
    /connect: the handle/,
    storeWord(control.connectHandle, 17),
    hypercall(ports.connect),
  ),
  ...[0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c].map((port) =>
    attack(`makes hypercall ${port}`, /port from 16/, hypercall(port)),
  ),
];
