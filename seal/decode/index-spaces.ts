import type { ImmediateKind } from './opcodes.ts';

export type Space = 'type' | 'function' | 'table' | 'memory' | 'global' | 'data' | 'element';

/** What the first and the second index of an instruction count; kinds that are not here hold none. Accesses and blocks are special. */
export const spacesOf: Partial<Readonly<Record<ImmediateKind, readonly Space[]>>> = {
  function: ['function'],
  global: ['global'],
  table: ['table'],
  memory: ['memory'],
  data: ['data'],
  element: ['element'],
  indirect: ['type', 'table'],
  memory_memory: ['memory', 'memory'],
  table_table: ['table', 'table'],
  data_memory: ['data', 'memory'],
  element_table: ['element', 'table'],
};
