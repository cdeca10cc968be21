/**
 * quickjs-ng compiled by Emscripten, with an environment that answers every import with zero: the benchmark in
 * benchmark.js asks for no clock, no file and no memory beyond the first 16 MiB. So the very same module runs everywhere.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { runTool } from '@diatom/seal/binaryen/run-tool.ts';
import { decode } from '@diatom/seal/decode/decode.ts';
import type { DecodedModule, ValueType } from '@diatom/seal/decode/module.ts';

const require = createRequire(import.meta.url);
const packageName = '@jitl/quickjs-ng-wasmfile-release-sync';

export async function quickjs(): Promise<Uint8Array> {
  const wasm = await readFile(require.resolve(`${packageName}/wasm`));
  const glue = await readFile(require.resolve(`${packageName}/emscripten-module`), 'utf8');
  const source = await readFile(join(import.meta.dirname, 'benchmark.js'), 'utf8');
  const environment = environmentText(decode(wasm), glue, source);
  return runTool(
    'wasm-merge',
    { 'environment.wasm': await runTool('wasm-as', { 'in.wat': environment }, ['in.wat', '-g']), 'quickjs.wasm': wasm },
    ['environment.wasm', 'a', 'quickjs.wasm', 'quickjs', '--rename-export-conflicts', '-g'],
  );
}

/** Emscripten gives exports short names; its JavaScript says which is which. */
function exportName(glue: string, name: string): string {
  const found = new RegExp(`\\b_${name}=\\w+\\.([\\w$]+)`).exec(glue)?.[1];
  if (found === undefined) throw new Error(`${packageName} has no ${name}`);
  return found;
}

/** The first function it calls, without a name of its own: `Z.v();`. */
function constructorsName(glue: string): string {
  const found = /=!0;\w+\.([\w$]+)\(\);/.exec(glue)?.[1];
  if (found === undefined) throw new Error(`${packageName} does not call its constructors`);
  return found;
}

const typeList = (keyword: string, types: readonly ValueType[]): string =>
  types.length === 0 ? '' : `(${keyword} ${types.join(' ')})`;

function stubs(module: DecodedModule): readonly string[] {
  return module.functions.flatMap((fn) => {
    if (fn.kind === 'defined') return [];
    const { parameters, results } = module.types[fn.typeIndex] ?? { parameters: [], results: [] };
    const zeros = results.map((type) => `(${type}.const 0)`).join(' ');
    return [`(func (export "${fn.field}") ${typeList('param', parameters)} ${typeList('result', results)} ${zeros})`];
  });
}

const allIntrinsics = 0x7fffffff;

function environmentText(module: DecodedModule, glue: string, source: string): string {
  const memory = module.memories[0];
  if (memory?.imported === undefined) throw new Error(`${packageName} imports no memory`);
  const { minimum, maximum = 65_536 } = memory.limits;
  const name = (full: string) => exportName(glue, full);
  // A program, then the call of it; each with the zero that the evaluator wants behind it.
  const call = 'run()';
  const texts = [`${source}\0`, `${call}\0`, 'benchmark.js\0'].map((text) => Buffer.from(text));
  const bytes = [...Buffer.concat(texts)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
  const [sourceSize = 0, callSize = 0] = texts.map(({ length }) => length);
  const size = texts.reduce((sum, { length }) => sum + length, 0);
  return `(module
    (import "quickjs" "${constructorsName(glue)}" (func $construct))
    (import "quickjs" "${name('malloc')}" (func $allocate (param i32) (result i32)))
    (import "quickjs" "${name('QTS_NewRuntime')}" (func $newRuntime (result i32)))
    (import "quickjs" "${name('QTS_NewContext')}" (func $newContext (param i32 i32) (result i32)))
    (import "quickjs" "${name('QTS_Eval')}" (func $evaluate (param i32 i32 i32 i32 i32 i32) (result i32)))
    (import "quickjs" "${name('QTS_GetFloat64')}" (func $number (param i32 i32) (result f64)))
    (import "quickjs" "${name('QTS_FreeValuePointer')}" (func $free (param i32 i32)))
    (memory (export "${memory.imported.field}") ${minimum} ${maximum})
    (data $texts "${bytes}")
    ${stubs(module).join('\n')}
    (global $context (mut i32) (i32.const 0))
    (global $text (mut i32) (i32.const 0))
    (func $start
      (call $construct)
      (global.set $text (call $allocate (i32.const ${size})))
      (memory.init $texts (global.get $text) (i32.const 0) (i32.const ${size}))
      (global.set $context (call $newContext (call $newRuntime) (i32.const ${allIntrinsics})))
      (call $free (global.get $context) (call $evaluateText (i32.const 0) (i32.const ${sourceSize - 1}))))
    (func $evaluateText (param $offset i32) (param $size i32) (result i32)
      (call $evaluate (global.get $context)
        (i32.add (global.get $text) (local.get $offset)) (local.get $size)
        (i32.add (global.get $text) (i32.const ${sourceSize + callSize})) (i32.const 0) (i32.const 0)))
    (func (export "run") (result i32)
      (local $value i32) (local $result i32)
      (if (i32.eqz (global.get $context)) (then (call $start)))
      (local.set $value (call $evaluateText (i32.const ${sourceSize}) (i32.const ${callSize - 1})))
      (local.set $result (i32.trunc_sat_f64_s (call $number (global.get $context) (local.get $value))))
      (call $free (global.get $context) (local.get $value))
      (local.get $result)))`;
}
