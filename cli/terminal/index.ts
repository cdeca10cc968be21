/** The terminal: streams, tables, wrapped text and units, for every program of ours that prints. */
export { type Column, formatTable } from './table.ts';
export { createTerminal, type Style, type Terminal } from './terminal.ts';
export { formatBytes, formatMs } from './units.ts';
