/** Four-level page tables as bytes, made before the machine exists (Intel SDM vol. 3A §4.5). */
import { pageBytes } from './layout.ts';

export interface Mapping {
  readonly linear: number;
  readonly physical: number;
  readonly sizeBytes: number;
  readonly user: boolean;
  readonly write: boolean;
  readonly execute: boolean;
  /** Registers of a device. */
  readonly uncached?: boolean;
}

/** Tables that exist though nothing is mapped yet, down to the one that a 2 MiB or a 4 KiB entry is in. */
export interface Reserved {
  readonly linear: number;
  readonly sizeBytes: number;
  readonly down: 'directory' | 'table';
}

const present = 1n;
const writable = 2n;
const userAccess = 4n;
const writeThrough = 8n;
const cacheDisabled = 16n;
const noExecute = 1n << 63n;
const entriesPerTable = 512;

/** Entry of the highest table that points to that table itself: ring 0 reaches every table through it. */
export const selfEntry = 1;
/** Where the entries of all page tables lie in a row, that of linear address 0 first; those of all directories; the highest table. */
export const tableEntries = 0x80_0000_0000n;
export const directoryEntries = 0x80_4000_0000n;
export const highestTable = 0x80_4020_1000n;

/** Bytes that one entry covers, from the page table up. */
const spans = [2 ** 12, 2 ** 21, 2 ** 30, 2 ** 39] as const;
type Level = 0 | 1 | 2 | 3;

class Tables {
  private readonly address: number;
  private readonly tables: BigUint64Array[] = [];
  /** Number of the table of a level that covers an address. */
  private readonly numbers = new Map<string, number>();

  constructor(address: number) {
    this.address = address;
    this.tableOf(3, 0);
  }

  private tableOf(level: Level, linear: number): BigUint64Array {
    const key = `${level} ${level === 3 ? 0 : Math.floor(linear / spans[(level + 1) as Level])}`;
    const number = this.numbers.get(key);
    const found = number === undefined ? undefined : this.tables[number];
    if (found !== undefined) return found;
    const table = new BigUint64Array(entriesPerTable);
    this.numbers.set(key, this.tables.length);
    const address = BigInt(this.address + this.tables.length * pageBytes);
    this.tables.push(table);
    // What ring 3 may not touch is said by the entries of pages alone.
    if (level < 3) this.set((level + 1) as Level, linear, address | present | writable | userAccess);
    else table[selfEntry] = address | present | writable | noExecute;
    return table;
  }

  set(level: Level, linear: number, entry: bigint): void {
    this.tableOf(level, linear)[Math.floor(linear / spans[level]) % entriesPerTable] = entry;
  }

  reserve({ linear, sizeBytes, down }: Reserved): void {
    const level = down === 'table' ? 0 : 1;
    for (let at = linear; at < linear + sizeBytes; at += spans[(level + 1) as Level]) this.tableOf(level, at);
  }

  get bytes(): readonly Uint8Array[] {
    return this.tables.map((table) => {
      const bytes = new Uint8Array(pageBytes);
      const view = new DataView(bytes.buffer);
      for (const [index, entry] of table.entries()) view.setBigUint64(index * 8, entry, true);
      return bytes;
    });
  }
}

const entryOf = ({ user, write, execute, uncached = false }: Mapping, physical: number): bigint =>
  BigInt(physical) |
  present |
  (write ? writable : 0n) |
  (user ? userAccess : 0n) |
  (uncached ? writeThrough | cacheDisabled : 0n) |
  (execute ? 0n : noExecute);

/** A page each, the highest table first. How many tables there are depends on linear addresses alone. */
export function buildPageTables(
  address: number,
  mappings: readonly Mapping[],
  reserved: readonly Reserved[],
): readonly Uint8Array[] {
  const tables = new Tables(address);
  for (const mapping of mappings) {
    for (let offset = 0; offset < mapping.sizeBytes; offset += pageBytes) {
      tables.set(0, mapping.linear + offset, entryOf(mapping, mapping.physical + offset));
    }
  }
  for (const each of reserved) tables.reserve(each);
  return tables.bytes;
}
