import { numberType } from '../../ir/control-flow.ts';
import { type IrFunction, newValue } from '../../ir/ir.ts';
import type { Program } from '../emission.ts';
import { nativeFunction } from './native.ts';
import { isRealTailCall } from './terminator.ts';

/**
 * Tail calls that cannot reuse the caller's stack words (arguments that do not fit there, imports of module `linux`)
 * become a call and a return. They give the same results; only their stack use is not bounded.
 */
export function lowerTailCalls(program: Program, fn: IrFunction, incomingWords: number): void {
  for (const block of fn.blocks) {
    const { terminator } = block;
    if (terminator.kind !== 'tail-call' && terminator.kind !== 'tail-call-indirect') continue;
    const isNative = terminator.kind === 'tail-call' && nativeFunction(program, terminator.callee) !== undefined;
    if (!isNative && isRealTailCall(terminator, incomingWords)) continue;
    const typeIndex =
      terminator.kind === 'tail-call'
        ? (program.module.functions[terminator.callee]?.typeIndex ?? -1)
        : terminator.typeIndex;
    const results = (program.module.types[typeIndex]?.results ?? []).map((type) => newValue(fn, numberType(type)));
    const { inputs } = terminator;
    block.instructions.push(
      terminator.kind === 'tail-call'
        ? { kind: 'call', callee: terminator.callee, inputs, results }
        : { kind: 'call-indirect', typeIndex, table: terminator.table, inputs, results },
    );
    block.terminator = { kind: 'return', inputs: [...results], edges: [] };
  }
}
