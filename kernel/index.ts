/**
 * kernel: ring 0 of the cell. Names (kinds), memory (store), messages (watch), permission (access), and no fifth thing.
 * It knows no particular kind and no server; everything that would make it grow is a server.
 */
export { createKernel } from './create-kernel.ts';
export type { Kernel, KernelOptions } from './kernel.ts';
export type { Store } from './store/store.ts';
