import { ModuleError } from './error.ts';
import type { ConstantExpression, DecodedModule, ValueType } from './module.ts';

/**
 * Check a constant expression (core specification §3.3.13). `visibleGlobals` of the module's globals may be read: in a
 * global's initialiser those before it, elsewhere all.
 */
export function validateConstant(
  module: DecodedModule,
  { operations, byteOffset }: ConstantExpression,
  expected: ValueType,
  visibleGlobals = module.globals.length,
): void {
  const stack: ValueType[] = [];
  const invalid = (reason: string) => new ModuleError('invalid', reason, byteOffset);
  for (const operation of operations) {
    switch (operation.kind) {
      case 'const':
      case 'null':
        stack.push(operation.type);
        break;
      case 'function':
        if (operation.index >= module.functions.length) throw invalid(`unknown function ${operation.index}`);
        stack.push('funcref');
        break;
      case 'global': {
        const global = operation.index < visibleGlobals ? module.globals[operation.index] : undefined;
        if (global === undefined) throw invalid(`unknown global ${operation.index}`);
        if (global.mutable) throw invalid(`constant expression required, global ${operation.index} is mutable`);
        stack.push(global.type);
        break;
      }
      case 'binary': {
        for (const found of [stack.pop(), stack.pop()]) {
          if (found !== operation.type)
            throw invalid(`type mismatch: expected ${operation.type}, found ${found ?? 'nothing'}`);
        }
        stack.push(operation.type);
        break;
      }
    }
  }
  const [found, ...more] = stack;
  if (found !== expected || more.length > 0) {
    throw invalid(`type mismatch: expected ${expected}, found ${stack.length === 0 ? 'nothing' : stack.join(' ')}`);
  }
}
