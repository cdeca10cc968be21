/** Shared API types: what a client and the kernel agree on. Types only; the one part of the SDK the kernel may import. */
export type * from './meta.ts';
export type * from './wire.ts';
