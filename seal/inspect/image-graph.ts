/** The call graph of a stored image, from its portable layer. */
import type { Manifest, NativeTarget } from '@diatom/libos';
import { decode } from '../decode/decode.ts';
import { bind } from '../link/bind.ts';
import { bindingsOf, variantFor } from '../link/bindings.ts';
import { type CallGraph, callGraph } from './call-graph.ts';
import { originOf } from './origin.ts';

export interface ImageGraph {
  readonly graph: CallGraph;
  /** False where another version built the image: then it ends at the machine calls, without the bindings behind them. */
  readonly hasBindings: boolean;
}

/**
 * Binding is deterministic, so the module a target's code was made from can be had again. Whether it is the same is told
 * by the functions listed for that target, in the manifest or its symbols layer.
 */
export async function imageGraph(
  portable: Uint8Array,
  target: NativeTarget,
  functions: Manifest['functions'],
): Promise<ImageGraph> {
  const program = decode(portable);
  const { module: linked } = bind(program, decode(await bindingsOf(target, variantFor(program))));
  const listed = functions.filter(({ origin }) => origin !== 'seal').map(({ name }) => name);
  const defined = linked.functions.flatMap(({ kind, name }) => (kind === 'defined' ? [name] : []));
  const isSame = listed.toSorted().join('\n') === defined.toSorted().join('\n');
  return isSame ? { graph: callGraph(linked), hasBindings: true } : { graph: callGraph(program), hasBindings: false };
}

/** Routines of the compiler itself have no callers in the module: code of many functions uses them. */
export function isCompilerRoutine(name: string): boolean {
  return originOf(name) === 'seal';
}
