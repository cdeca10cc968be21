/**
 * verbs: the Kubernetes API over a store and a table of kinds. One door, `createApi`; it never knows a particular kind,
 * and never listens anywhere itself.
 */
export { type ApiOptions, createApi } from './api.ts';
