/** The native tender's own source: sealed by whoever needs it, with the `linux` flavour. */
import { fileURLToPath } from 'node:url';

export const nativeTenderSource = {
  entryPath: fileURLToPath(new URL('../guest/tender.ts', import.meta.url)),
  /**
   * No collector and no allocator: everything the tender holds lies at addresses it has laid out itself
   * (`guest/layout.ts`), so that a child can drop it with one munmap.
   */
  ascOptions: [
    '--runtime',
    'stub',
    '--optimizeLevel',
    '3',
    '--shrinkLevel',
    '1',
    '--noAssert',
    '--initialMemory',
    '2048',
    '--maximumMemory',
    '2048',
    '--use',
    'abort=',
  ],
  flavour: 'linux',
} as const;
