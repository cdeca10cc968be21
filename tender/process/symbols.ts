/** The symbols layer of an image: which function an address lies in. */
import { readFileSync, statSync } from 'node:fs';

export interface SymbolTable {
  nameAt(address: bigint): string | undefined;
}

interface Entry {
  readonly address: bigint;
  readonly end: bigint;
  readonly name: string;
}

const readEntry = (value: unknown): Entry | undefined => {
  const { name, address, sizeBytes } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string' || !Number.isSafeInteger(address) || !Number.isSafeInteger(sizeBytes)) return undefined;
  const start = BigInt(address as number);
  return { address: start, end: start + BigInt(sizeBytes as number), name };
};

/** `{"functions":[{"name":…,"address":…,"sizeBytes":…},…]}` in any order. */
export const parseSymbols = (text: string): SymbolTable => {
  const document = JSON.parse(text) as { functions?: unknown };
  const entries = (Array.isArray(document.functions) ? document.functions : []).map(readEntry);
  return {
    nameAt: (address) => entries.find((entry) => entry && address >= entry.address && address < entry.end)?.name,
  };
};

/** An image may come from anywhere: what is longer is not read into the agent's memory. hello has 20 KB. */
const largestSymbolsBytes = 32 * 1024 * 1024;

/** `undefined` when there is no such file or it is no symbols layer: an exit is then told with bare addresses. */
export const loadSymbols = (path: string | undefined): SymbolTable | undefined => {
  if (path === undefined) return undefined;
  try {
    const { size } = statSync(path);
    return size <= largestSymbolsBytes ? parseSymbols(readFileSync(path, 'utf8')) : undefined;
  } catch {
    return undefined;
  }
};
