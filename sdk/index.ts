/**
 * sdk: what every program above the kernel uses: client, informer, work queue, controller. It imports no other room,
 * so that a third party's operator stands exactly where our own servers stand.
 */
export type * from './api/index.ts';
export * from './client/index.ts';
export * from './clock/clock.ts';
export * from './controller/index.ts';
export * from './informer/index.ts';
export * from './kinds/index.ts';
export * from './queue/index.ts';
