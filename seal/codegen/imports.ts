/** Imports are resolved here and nowhere else: functions of module `linux` that the flavour allows, with their exact types. */
import type { Flavour } from '../compile.ts';
import { ModuleError } from '../decode/error.ts';
import type { DecodedModule, FunctionType, ImportedFunction } from '../decode/module.ts';
import { findNative, nativeModule } from './lower/native.ts';

const text = (type: FunctionType) => `(${type.parameters.join(', ')}) -> (${type.results.join(', ')})`;

function checkFunction(module: DecodedModule, fn: ImportedFunction, flavour: Flavour): void {
  const refuse: (why: string) => never = (why) => {
    throw new ModuleError('unsupported', `import ${fn.module}.${fn.field}: ${why}`, fn.byteOffset);
  };
  if (fn.module !== nativeModule) refuse(`left unresolved by linking; only module ${nativeModule} is native`);
  const native = findNative(fn.field);
  if (native === undefined) throw refuse('no such system call or intrinsic');
  const { flavours } = native.kind === 'intrinsic' ? native.intrinsic : native.call;
  if (!flavours.includes(flavour)) refuse(`not available in the ${flavour} flavour`);
  const wanted: FunctionType =
    native.kind === 'intrinsic'
      ? native.intrinsic
      : { parameters: Array.from({ length: native.call.arity }, () => 'i64' as const), results: ['i64'] };
  const found = module.types[fn.typeIndex];
  if (found === undefined || text(found) !== text(wanted)) {
    refuse(`declared as ${found === undefined ? 'nothing' : text(found)}, but it is ${text(wanted)}`);
  }
}

export function checkImports(module: DecodedModule, flavour: Flavour): void {
  for (const fn of module.functions) if (fn.kind === 'imported') checkFunction(module, fn, flavour);
  for (const item of [...module.memories, ...module.tables, ...module.globals]) {
    if (item.imported === undefined) continue;
    const name = `${item.imported.module}.${item.imported.field}`;
    throw new ModuleError('unsupported', `import ${name}: an image imports nothing but functions`, 0);
  }
}
