/**
 * servers: the first-party programs above the kernel. Each is a module with a `server: Server`; each runs alone, talks
 * to nobody but the kernel, and may die at any moment. They never import each other. The cell starts them by module
 * path (`@diatom/servers/<name>/index.ts`), so that each thread loads only its own code.
 */
export type { NamespacesSettings } from './namespaces/settings.ts';
export type { PolicyRule, Server, ServerContext } from './server.ts';
