/**
 * servers: the first-party programs above the kernel. Each is a module with a `server: Server`; each runs alone, talks
 * to nobody but the kernel, and may die at any moment. They never import each other.
 */
export type { PolicyRule, Server, ServerContext } from './server.ts';
