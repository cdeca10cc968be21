/** What is compiled and run: each program is one module that imports nothing and exports `run() -> i32`, a checksum. */
import { join } from 'node:path';
import { compileAssemblyScript } from '@diatom/seal/link/assemblyscript.ts';
import { quickjs } from './quickjs.ts';

export interface Program {
  readonly name: string;
  wasm(): Promise<Uint8Array>;
}

const guest = join(import.meta.dirname, '../guest');

/** Files of bench/seal/guest; each says in its first line what it exercises. */
const kernels = [
  'fib',
  'sieve',
  'checksum',
  'sha256',
  'matrix',
  'nbody',
  'mandelbrot',
  'quicksort',
  'strings',
  'json',
  'compression',
  'copying',
  'dispatch',
  'interpreter',
] as const;

export const programs: readonly Program[] = [
  ...kernels.map((name) => ({ name, wasm: () => compileKernel(name) })),
  { name: 'quickjs', wasm: quickjs },
];

function compileKernel(name: string): Promise<Uint8Array> {
  return compileAssemblyScript({
    entry: `${name}.ts`,
    directory: guest,
    arguments: ['-O3', '--runtime', 'stub', '--use', 'abort='],
  });
}
