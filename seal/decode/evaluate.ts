/** Values of constant expressions, known at build time because an image imports no globals. */
import { ModuleError } from './error.ts';
import type { ConstantExpression, DecodedModule } from './module.ts';

/** A constant: bits of a number, or the function whose address it will be. */
export type InitialValue =
  | { readonly kind: 'bits'; readonly bits: bigint }
  | { readonly kind: 'function'; readonly index: number };

/**
 * Values of the globals, in order: an initialiser reads only those before it. Remembered, since one that reads its
 * predecessor twice would otherwise cost 2^n steps.
 */
const globalValues = new WeakMap<DecodedModule['globals'], (InitialValue | undefined)[]>();

function valueOfGlobal(module: DecodedModule, index: number): InitialValue | undefined {
  let values = globalValues.get(module.globals);
  if (values === undefined) {
    values = [];
    globalValues.set(module.globals, values);
  }
  for (let next = values.length; next <= index; next += 1) {
    const initial = module.globals[next]?.initial;
    values.push(initial === undefined ? undefined : evaluate(module, initial));
  }
  return values[index];
}

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
        const value = valueOfGlobal(module, operation.index);
        if (value === undefined) {
          throw new ModuleError('unsupported', 'constant expression that reads an import', expression.byteOffset);
        }
        stack.push(value);
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
