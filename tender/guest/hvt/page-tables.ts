/**
 * The guest's page tables (Intel SDM vol. 3, 4.5). They lie in guest-physical memory that is mapped nowhere in the guest.
 * Entries are only ever added, and never changed once the guest may have used them: nothing has to be invalidated.
 */
import { machinePointer, tablePool } from './layout';

const present: u64 = 1;
export const writable: u64 = 2;
export const user: u64 = 4;
/** Set in advance, so that the processor need not write into the tables. */
const accessed: u64 = 0x20;
const dirty: u64 = 0x40;
const large: u64 = 0x80;
export const noExecute: u64 = 1 << 63;
const addressMask: u64 = 0xf_ffff_ffff_f000;

const pageBytes: u64 = 4096;
export const largePageBytes: u64 = 0x20_0000;

let used: u32 = 0;
let capacity: u32 = 0;

/** The root is the pool's first table. Tables start as zero: nobody has touched them. */
export function createTables(tableCount: u32): void {
  capacity = tableCount;
  used = 1;
}

export const rootTable: u64 = tablePool;

/** Table one level down, made when it is not there; 0: the pool is exhausted. */
function descend(table: usize, index: usize): usize {
  const entry = machinePointer(table) + (index << 3);
  const there = load<u64>(entry);
  if (there != 0) return <usize>(there & addressMask);
  if (used == capacity) return 0;
  const next = tablePool + (<usize>used << 12);
  used += 1;
  store<u64>(entry, <u64>next | present | writable | user | accessed);
  return next;
}

function indexAt(address: u64, shift: u64): usize {
  return <usize>((address >> shift) & 511);
}

function directoryOf(address: u64): usize {
  const pointers = descend(tablePool, indexAt(address, 39));
  return pointers == 0 ? 0 : descend(pointers, indexAt(address, 30));
}

function leafFlags(flags: u64): u64 {
  return flags | present | accessed | ((flags & writable) != 0 ? dirty : 0);
}

/** Both addresses on page boundaries. False: the pool is exhausted. */
export function mapPages(address: u64, physical: u64, length: u64, flags: u64): bool {
  const entryFlags = leafFlags(flags);
  let table: usize = 0;
  for (let done: u64 = 0; done < length; done += pageBytes) {
    const index = indexAt(address + done, 12);
    if (table == 0 || index == 0) {
      const directory = directoryOf(address + done);
      table = directory == 0 ? 0 : descend(directory, indexAt(address + done, 21));
      if (table == 0) return false;
    }
    store<u64>(machinePointer(table) + (index << 3), (physical + done) | entryFlags);
  }
  return true;
}

/** Pages of 2 MiB. */
export function mapLargePages(address: u64, physical: u64, length: u64, flags: u64): bool {
  for (let done: u64 = 0; done < length; done += largePageBytes) {
    const directory = directoryOf(address + done);
    if (directory == 0) return false;
    store<u64>(machinePointer(directory) + (indexAt(address + done, 21) << 3), (physical + done) | leafFlags(flags) | large);
  }
  return true;
}
