/**
 * seal: TypeScript source or wasm in, sealed image out: link, shake, generate code, write ELF. Pure functions of their
 * input: same source and versions, same bytes. It runs nothing of what it builds.
 */
export {};
