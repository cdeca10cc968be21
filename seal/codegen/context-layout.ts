/** Addresses of everything in `data`: fixed before any code is generated, so that code names them directly. */
import type { Flavour } from '../compile.ts';
import type { DecodedModule } from '../decode/module.ts';
import { flavourRules } from './flavours/index.ts';

/** Images may lie in 256 MiB from their base (docs/process-image.md); host programs keep to the same size. */
export const imageWindowBytes = 0x1000_0000;

export const pageBytes = 4096;
export const wasmPageBytes = 65_536;

export interface MemoryCell {
  /** Native address of byte 0. */
  readonly base: number;
  /** Current size in bytes. */
  readonly size: number;
  /** Size it may grow to. */
  readonly maximum: number;
}

export interface TableCell {
  readonly size: number;
  readonly elements: number;
  readonly capacity: number;
}

export interface ContextLayout {
  /** Boot block address, or the address of argc. */
  readonly boot: number;
  readonly memories: readonly MemoryCell[];
  readonly globals: readonly number[];
  readonly tables: readonly TableCell[];
  /** Current length of each data and element segment in bytes and in items; zero once dropped. */
  readonly dataLengths: readonly number[];
  readonly elementLengths: readonly number[];
  readonly address: number;
  readonly sizeBytes: number;
}

/** The image's file begins with its headers, and `data` with the page they are in: one page less in every file. */
export const headerRoomBytes = (memoryCount: number) => Math.ceil((64 + (4 + memoryCount) * 56 + 32) / 16) * 16;

/** Elements a table without maximum can grow to. */
const growableElements = 65_536;

export function layOutContext(module: DecodedModule, flavour: Flavour, growsTables: boolean): ContextLayout {
  const address = flavourRules[flavour].baseAddress;
  let next = address + headerRoomBytes(module.memories.length);
  const take = (sizeBytes: number) => {
    const at = next;
    next += sizeBytes;
    return at;
  };
  const boot = take(8);
  const memories = module.memories.map(() => ({ base: take(8), size: take(8), maximum: take(8) }));
  const globals = module.globals.map(({ type }) => take(type === 'v128' ? 16 : 8));
  const dataLengths = module.data.map(() => take(8));
  const elementLengths = module.elements.map(() => take(8));
  const tables = module.tables.map(({ limits }) => {
    const wanted = limits.maximum ?? growableElements;
    const capacity = growsTables ? Math.max(limits.minimum, Math.min(wanted, growableElements)) : limits.minimum;
    return { size: take(8), elements: take(capacity * 8), capacity };
  });
  return {
    boot,
    memories,
    globals,
    tables,
    dataLengths,
    elementLengths,
    address,
    sizeBytes: next - address,
  };
}
