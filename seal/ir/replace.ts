import type { IrFunction, Value } from './ir.ts';

/** Put `resolve(value)` in place of every used value. */
export function replaceValues(fn: IrFunction, resolve: (value: Value) => Value): void {
  const inPlace = (values: Value[]) => {
    for (const [index, value] of values.entries()) {
      const replacement = resolve(value);
      if (replacement !== value) values[index] = replacement;
    }
  };
  for (const block of fn.blocks) {
    for (const instruction of block.instructions) inPlace(instruction.inputs);
    inPlace(block.terminator.inputs);
    for (const edge of block.terminator.edges) inPlace(edge.arguments);
  }
}
