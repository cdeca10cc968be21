/** Leaves out of a module what its roots do not reach, and optimizes what is left. */
import { runTool } from '../binaryen/run-tool.ts';
import { keepExports } from './keep-exports.ts';

/**
 * Keep the named exports and what they reach. Drivers of the library OS hang on flags that only their listen functions
 * set: once those are gone, the flags are constant, and a second round drops the drivers.
 */
export async function shake(module: Uint8Array, roots: readonly string[]): Promise<Uint8Array> {
  // Names stay until code is generated: they become symbols.
  return runTool('wasm-opt', { 'in.wasm': keepExports(module, roots) }, ['in.wasm', ...passes, '-g']);
}

/**
 * The event loop is called once and would vanish into `_start`; it stays a function of its own so that trap reports and
 * `diatom inspect` name it.
 */
export const passes: readonly string[] = ['--no-inline=libos/loop/run', '-O3', '-O3'];
