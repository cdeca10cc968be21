import { ModuleError } from './error.ts';
import type { DecodedModule } from './module.ts';

/**
 * Implementation limits (WebAssembly JavaScript Interface, "Limits"): those of the engines, so that what runs there is not
 * refused here, and no few bytes make the compiler take gigabytes.
 */
export const limits = {
  types: 1_000_000,
  functions: 1_000_000,
  imports: 1_000_000,
  exports: 1_000_000,
  globals: 1_000_000,
  tables: 100_000,
  memories: 100_000,
  'data segments': 100_000,
  'element segments': 10_000_000,
  parameters: 1000,
  results: 1000,
  'bytes of one function': 7_654_321,
  'labels of one br_table': 65_520,
  'elements of one table': 10_000_000,
  'elements of one segment': 10_000_000,
  'locals of one function': 50_000,
  /** Ours: instructions of one byte each would take a hundred bytes of memory. */
  'instructions of one function': 2_000_000,
  /** Ours: locals are written out one by one while the module is in memory. */
  'locals of all functions': 10_000_000,
  /** Ours: a call of two bytes can push a thousand operands, and a program that does so on purpose is no program. */
  'operands on the stack': 1_000_000,
  'checks of operands in long lists': 500_000_000,
} as const;

export type Limit = keyof typeof limits;

export function checkLimit(limit: Limit, count: number, byteOffset: number): void {
  if (count <= limits[limit]) return;
  throw new ModuleError('unsupported', `${count} ${limit}, at most ${limits[limit]} are possible`, byteOffset);
}

export function checkModuleLimits(module: DecodedModule): void {
  const imported = module.functions.filter(({ kind }) => kind === 'imported').length;
  const counts: readonly (readonly [Limit, number])[] = [
    ['types', module.types.length],
    ['functions', module.functions.length],
    ['imports', imported],
    ['exports', module.exports.length],
    ['globals', module.globals.length],
    ['tables', module.tables.length],
    ['memories', module.memories.length],
    ['data segments', module.data.length],
    ['element segments', module.elements.length],
  ];
  for (const [limit, count] of counts) checkLimit(limit, count, 0);
  for (const { items, byteOffset } of module.elements) checkLimit('elements of one segment', items.length, byteOffset);
}
