/** kinds: lean types of the Kubernetes kinds the servers use, and what can be read off them without asking anybody. */
export type * from './core.ts';
export type * from './custom-resource-definition.ts';
export type * from './deployment.ts';
export type * from './endpoint-slice.ts';
export type * from './event.ts';
export * from './label-selector.ts';
export type * from './lease.ts';
export type * from './node.ts';
export * from './pod.ts';
export * from './quantity.ts';
export type * from './rbac.ts';
export * from './resource-type.ts';
export * as resources from './resources.ts';
export { resourceType } from './resources.ts';
export type * from './runtime-class.ts';
export type * from './service.ts';
