/** The bindings of each target (seal/bindings/guest), optimized by themselves: what they are bound to stays as it is. */
import type { NativeTarget } from '@diatom/libos';
import { runTool } from '../binaryen/run-tool.ts';
import { cached } from './cache.ts';
import { compileBindings, toolVersions } from './guest.ts';

const passes = ['-O3'];

export async function bindingsOf(target: NativeTarget): Promise<Uint8Array> {
  const compiled = await compileBindings(target);
  const recipe = JSON.stringify([await toolVersions(), passes]);
  return cached('bindings', [recipe, compiled], () =>
    runTool('wasm-opt', { 'in.wasm': compiled }, ['in.wasm', ...passes, '-g']),
  );
}
