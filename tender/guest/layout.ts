/**
 * Where things lie in the tender's memory. Below `droppedStart` is what an image's process keeps: strings, the trap
 * context and the signal stack. Everything above - other slots' specs and environments, buffers - is unmapped before an
 * image is entered.
 */

/** Strings and constants of the compiler end before this; checked at start. */
export const staticEnd: usize = 0x1_0000;

export const trapContext: usize = staticEnd;
export const trapText: usize = staticEnd + 0x400;
export const trapTextBytes: usize = 0x800;
/** Arguments of the last system calls before an image: copied here, out of what is unmapped. */
export const lastCalls: usize = staticEnd + 0x1000;
export const filterCopy: usize = staticEnd + 0x2000;
export const filterBytes: usize = 0x4000;
export const signalStack: usize = staticEnd + 0x8000;
export const signalStackBytes: usize = 0x8000;

export const droppedStart: usize = 0x2_0000;

/** Small structures for one system call at a time: addresses, times, events. */
export const scratch: usize = droppedStart;
export const clockBuffer: usize = droppedStart + 0xf00;
export const errorText: usize = droppedStart + 0x1000;
export const errorTextBytes: usize = 0x1000;
export const headerBuffer: usize = droppedStart + 0x2000;
export const headerBytes: usize = 0x1000;
export const events: usize = droppedStart + 0x3000;
export const eventCapacity: i32 = 64;
/** What is read from a console at once: the longest line of the log. */
export const consoleBuffer: usize = droppedStart + 0x6000;
export const consoleBytes: usize = 0x4000;
export const logBuffer: usize = droppedStart + 0x1_0000;
export const logBytes: usize = 0x1_0000;
/** Room for two paths. */
export const pathBuffer: usize = droppedStart + 0x2_0000;
/** Arguments of the command line. */
export const argumentBuffer: usize = droppedStart + 0x2_4000;
export const argumentBytes: usize = 0x1000;

export const maximumFrame: usize = 0x4_0000;
export const inputBuffer: usize = 0x10_0000;
export const inputBytes: usize = maximumFrame + 4;
export const outputBuffer: usize = 0x20_0000;
export const outputBytes: usize = 0x10_0000;

export const slotTable: usize = 0x40_0000;
export const slotBytes: usize = 0x200;
export const slotCapacity: i32 = 4096;

/** `image-files.ts`: 24 bytes for each slot. */
export const imageTable: usize = 0x60_0000;

/** `machines.ts`: machines made for one connection. */
export const machineTable: usize = 0x62_0000;

/** `egress.ts`: instances that ask for outgoing connections, and what they have asked for. */
export const channelTable: usize = 0x63_0000;
export const dialTable: usize = 0x68_0000;
export const egressBuffer: usize = 0x6c_0000;

export const arenaStart: usize = 0x80_0000;
export const memoryEnd: usize = 0x400_0000;

/** From here to the end of the tender's memory only monitors of virtual machines write (`hvt/layout.ts`). */
export const monitorStart: usize = memoryEnd;
export const linearEnd: usize = 0x800_0000;
