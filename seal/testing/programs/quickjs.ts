/** quickjs-ng as Emscripten built it, around one script: a host program that prints the string the script comes to. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { runTool } from '../../binaryen/run-tool.ts';
import { decode } from '../../decode/decode.ts';
import type { DecodedModule, ValueType } from '../../decode/module.ts';

const require = createRequire(import.meta.url);
const packageName = '@jitl/quickjs-ng-wasmfile-release-sync';

/** Emscripten gives exports short names; its JavaScript says which is which. */
function nameIn(glue: string, pattern: RegExp): string {
  const found = pattern.exec(glue)?.[1];
  if (found === undefined) throw new Error(`${packageName} has nothing like ${pattern}`);
  return found;
}

const list = (keyword: string, types: readonly ValueType[]) =>
  types.length === 0 ? '' : `(${keyword} ${types.join(' ')})`;

/** Clock, files and host functions are not there: every import gives zero. */
function stubs(module: DecodedModule): string {
  const texts = module.functions.map((fn) => {
    if (fn.kind === 'defined') return '';
    const { parameters, results } = module.types[fn.typeIndex] ?? { parameters: [], results: [] };
    const zeros = results.map((type) => `(${type}.const 0)`).join(' ');
    return `(func (export "${fn.field}") ${list('param', parameters)} ${list('result', results)} ${zeros})`;
  });
  return texts.join('\n');
}

export async function quickjsProgram(script: string): Promise<Uint8Array> {
  const wasm = await readFile(require.resolve(`${packageName}/wasm`));
  const glue = await readFile(require.resolve(`${packageName}/emscripten-module`), 'utf8');
  const module = decode(wasm);
  const memory = module.memories[0];
  if (memory?.imported === undefined) throw new Error(`${packageName} imports no memory`);
  const { minimum, maximum = 65_536 } = memory.limits;
  const name = (full: string) => nameIn(glue, new RegExp(`\\b_${full}=\\w+\\.([\\w$]+)`));
  const bytes = Buffer.from(`${script}\0`);
  const text = [...bytes].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
  const environment = `(module
    (import "quickjs" "${nameIn(glue, /=!0;\w+\.([\w$]+)\(\);/)}" (func $construct))
    (import "quickjs" "${name('malloc')}" (func $allocate (param i32) (result i32)))
    (import "quickjs" "${name('QTS_NewRuntime')}" (func $newRuntime (result i32)))
    (import "quickjs" "${name('QTS_NewContext')}" (func $newContext (param i32 i32) (result i32)))
    (import "quickjs" "${name('QTS_Eval')}" (func $evaluate (param i32 i32 i32 i32 i32 i32) (result i32)))
    (import "quickjs" "${name('QTS_GetString')}" (func $string (param i32 i32) (result i32)))
    (import "linux" "write" (func $write (param i64 i64 i64) (result i64)))
    (import "linux" "memory_base" (func $base (result i64)))
    (memory (export "${memory.imported.field}") ${minimum} ${maximum})
    (data $script "${text}")
    ${stubs(module)}
    (func (export "_start")
      (local $context i32) (local $text i32) (local $end i32)
      (call $construct)
      (local.set $text (call $allocate (i32.const ${bytes.length})))
      (memory.init $script (local.get $text) (i32.const 0) (i32.const ${bytes.length}))
      (local.set $context (call $newContext (call $newRuntime) (i32.const 0x7fffffff)))
      (local.set $text (call $string (local.get $context) (call $evaluate (local.get $context) (local.get $text)
        (i32.const ${bytes.length - 1}) (i32.add (local.get $text) (i32.const ${bytes.length - 1}))
        (i32.const 0) (i32.const 0))))
      (local.set $end (local.get $text))
      (loop $again
        (if (i32.load8_u (local.get $end)) (then
          (local.set $end (i32.add (local.get $end) (i32.const 1)))
          (br $again))))
      (drop (call $write (i64.const 1) (i64.add (call $base) (i64.extend_i32_u (local.get $text)))
        (i64.extend_i32_u (i32.sub (local.get $end) (local.get $text)))))))`;
  return runTool(
    'wasm-merge',
    { 'environment.wasm': await runTool('wasm-as', { 'in.wat': environment }, ['in.wat']), 'quickjs.wasm': wasm },
    ['environment.wasm', 'a', 'quickjs.wasm', 'quickjs', '--rename-export-conflicts'],
  );
}
