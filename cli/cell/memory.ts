/** What a cell remembers from one start to the next so that addresses stay what they were: `<data>/cell.json`. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CellMemory {
  readonly port?: number;
  readonly addressRange?: number;
  /** A machine may be renamed; its pods stay bound to the Node of the old name. */
  readonly nodeName?: string;
}

export function recall(dataDirectory: string): CellMemory {
  let text: string;
  try {
    text = readFileSync(pathOf(dataDirectory), 'utf8');
  } catch {
    return {};
  }
  try {
    const { port, addressRange, nodeName } = JSON.parse(text) as CellMemory;
    return {
      ...(Number.isInteger(port) ? { port: Number(port) } : {}),
      ...(Number.isInteger(addressRange) ? { addressRange: Number(addressRange) } : {}),
      ...(typeof nodeName === 'string' ? { nodeName } : {}),
    };
  } catch {
    // A preference, not data: a torn file costs at most a new port.
    return {};
  }
}

export function remember(dataDirectory: string, memory: CellMemory): void {
  const path = pathOf(dataDirectory);
  writeFileSync(`${path}.part`, `${JSON.stringify(memory)}\n`);
  renameSync(`${path}.part`, path);
}

const pathOf = (dataDirectory: string): string => join(dataDirectory, 'cell.json');
