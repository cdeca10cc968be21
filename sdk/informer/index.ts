/** informer: live, indexed copies of collections, kept true through every failure. Reads only; it never writes. */
export * from './indexes.ts';
export { type Handlers, Informer, type InformerState, type Query } from './informer.ts';
export { Informers, type InformersOptions } from './informers.ts';
export { type Index, keyOf, splitKey } from './object-cache.ts';
