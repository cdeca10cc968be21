/** The bindings of each target (seal/bindings/guest), optimized by themselves: what they are bound to stays as it is. */
import { machineModule, type NativeTarget } from '@diatom/libos';
import { runTool } from '../binaryen/run-tool.ts';
import type { DecodedModule } from '../decode/module.ts';
import { cached } from './cache.ts';
import { type BindingsVariant, compileBindings, toolVersions } from './guest.ts';

const passes = ['-O3'];

/** Which bindings a portable module needs. */
export const variantFor = ({ functions }: DecodedModule): BindingsVariant =>
  functions.some((fn) => fn.kind === 'imported' && fn.module === machineModule && fn.field === 'sock_connect')
    ? 'connecting'
    : 'plain';

export async function bindingsOf(target: NativeTarget, variant: BindingsVariant = 'plain'): Promise<Uint8Array> {
  const compiled = await compileBindings(target, variant);
  const recipe = JSON.stringify([await toolVersions(), passes]);
  return cached('bindings', [recipe, compiled], () =>
    runTool('wasm-opt', { 'in.wasm': compiled }, ['in.wasm', ...passes, '-g']),
  );
}
