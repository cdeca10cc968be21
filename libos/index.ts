/**
 * libos: the library OS, guest-side code an image may link, and the two contracts everyone shares about images:
 * the machine ABI (`abi.ts`) and the manifest (`manifest.ts`). Host code lives elsewhere; `guest/` is AssemblyScript.
 */
export * from './abi.ts';
export * from './manifest.ts';
