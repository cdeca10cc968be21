/** Values of constant expressions, known at build time because an image imports no globals. */
import { ModuleError } from './error.ts';
import type { ConstantExpression, DecodedModule } from './module.ts';

/** A constant: bits of a number, or the function whose address it will be. */
export type InitialValue =
  | { readonly kind: 'bits'; readonly bits: bigint }
  | { readonly kind: 'function'; readonly index: number };

export function evaluate(module: DecodedModule, expression: ConstantExpression): InitialValue {
  const stack: InitialValue[] = [];
  const number = (): bigint => {
    const value = stack.pop();
    return value?.kind === 'bits' ? value.bits : 0n;
  };
  for (const operation of expression.operations) {
    switch (operation.kind) {
      case 'const':
        stack.push({ kind: 'bits', bits: operation.bits });
        break;
      case 'null':
        stack.push({ kind: 'bits', bits: 0n });
        break;
      case 'function':
        stack.push({ kind: 'function', index: operation.index });
        break;
      case 'global': {
        const initial = module.globals[operation.index]?.initial;
        if (initial === undefined) {
          throw new ModuleError('unsupported', 'constant expression that reads an import', expression.byteOffset);
        }
        stack.push(evaluate(module, initial));
        break;
      }
      case 'binary': {
        const b = number();
        const a = number();
        const result = operation.operator === 'add' ? a + b : operation.operator === 'sub' ? a - b : a * b;
        stack.push({ kind: 'bits', bits: BigInt.asUintN(operation.type === 'i32' ? 32 : 64, result) });
        break;
      }
    }
  }
  return stack.pop() ?? { kind: 'bits', bits: 0n };
}
