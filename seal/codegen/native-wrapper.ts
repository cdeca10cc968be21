import { numberType } from '../ir/control-flow.ts';
import { type Block, type IrFunction, newValue } from '../ir/ir.ts';
import type { Program } from './emission.ts';
import { emitFunction } from './function.ts';

/** A native import as a function of its own, for when its address is taken. */
export function emitNativeWrapper(program: Program, index: number): void {
  const imported = program.module.functions[index];
  const type = program.module.types[imported?.typeIndex ?? -1];
  if (imported === undefined || type === undefined) throw new Error(`function ${index} does not exist`);
  const fn: IrFunction = { name: imported.name, blocks: [], resultTypes: type.results.map(numberType), valueCount: 0 };
  const inputs = type.parameters.map((parameter) => newValue(fn, numberType(parameter)));
  const results = fn.resultTypes.map((result) => newValue(fn, result));
  const block: Block = {
    id: 0,
    parameters: inputs,
    instructions: [{ kind: 'call', callee: index, inputs: [...inputs], results }],
    terminator: { kind: 'return', inputs: [...results], edges: [] },
    loopDepth: 0,
  };
  fn.blocks.push(block);
  emitFunction(program, fn);
}
